import { CodecError } from "../core/codec-error.ts";
import type { BodyFrame } from "../core/format.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { childPath, ROOT } from "../core/json-path.ts";
import type { WriteContext } from "../core/write-context.ts";
import { editJsonObject } from "../lib/json-span.ts";
import { isJsonArray } from "./fields.ts";

/** A body as its codec reads it. */
export function withoutFrame(body: JsonObject, frame: BodyFrame): JsonObject {
  let read = body;
  for (const key in frame.adds) {
    if (!Object.hasOwn(read, key)) continue;
    const { [key]: _removed, ...rest } = read;
    read = rest;
  }
  return read;
}

/** What a codec has written, as the API wants it. */
export function withFrame(
  body: JsonObject,
  frame: BodyFrame,
  betas: readonly string[] = [],
): JsonObject {
  let framed = betas.length === 0 ? body : { ...body, ...betasFor(body, frame, betas) };
  for (const key of refusedKeys(frame)) {
    if (!Object.hasOwn(framed, key)) continue;
    const { [key]: _removed, ...rest } = framed;
    framed = rest;
  }
  for (const _key in frame.adds) return { ...frame.adds, ...framed };
  return framed;
}

export interface Reframing {
  readonly from: BodyFrame;
  readonly to: BodyFrame;
  /** The model that the body is to name; null: as it does. */
  readonly model: string | null;
  readonly betas?: readonly string[];
}

/** The same body in another frame, as text: nothing but the frame's own keys is touched. `body` is what `text` says. */
export function reframeText(text: string, body: JsonObject, reframing: Reframing): string {
  const { from, to, model, betas = [] } = reframing;
  const removes = [...Object.keys(from.adds), ...refusedKeys(to)].filter(
    (key) => Object.hasOwn(body, key) && !Object.hasOwn(to.adds, key),
  );
  const adds: Record<string, string | readonly Json[]> = { ...betasFor(body, to, betas) };
  for (const key in to.adds) {
    const value = to.adds[key];
    if (value !== undefined && !Object.hasOwn(body, key)) adds[key] = value;
  }
  if (to.modelIn === "body" && model !== null && body["model"] !== model) adds["model"] = model;
  if (removes.length === 0 && Object.keys(adds).length === 0) return text;
  return editJsonObject(text, removes, adds);
}

/** With those that the body names itself. */
function betasFor(
  body: JsonObject,
  { betasIn }: BodyFrame,
  betas: readonly string[],
): Readonly<Record<string, readonly Json[]>> {
  if (betasIn === undefined || betas.length === 0) return {};
  const own = body[betasIn];
  return { [betasIn]: [...new Set([...(isJsonArray(own) ? own : []), ...betas])] };
}

/** Says of a body that takes no betas that they are left out. */
export function reportBetas(
  betas: readonly string[],
  { betasIn }: BodyFrame,
  context: WriteContext,
): void {
  if (betas.length === 0 || betasIn !== undefined) return;
  context.warn(childPath(ROOT, "anthropic-beta"), "the model takes no betas");
}

/** A body that has to name its model and doesn't is not worth sending. */
export function requireModel(model: string | null, frame: BodyFrame): void {
  if (frame.modelIn === "job" || (model !== null && model !== "")) return;
  throw new CodecError("invalid_request", "model", "must name a model, and so does no one else");
}

function refusedKeys(frame: BodyFrame): readonly string[] {
  return frame.modelIn === "job" ? ["model", ...frame.removes] : frame.removes;
}
