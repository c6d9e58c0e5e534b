import { CodecError } from "../../core/codec-error.ts";
import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Finish, TokenLogprob } from "../../core/chat-response.ts";
import type { AssistantPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { createExtrasReader, readArray, toObject } from "../fields.ts";
import { parseLogprobs } from "./logprobs.ts";
import { arrayIn, numberIn, objectIn, stringIn } from "../open-values.ts";
import type { InputScope } from "./responses-input.ts";
import { parseAssistantItem } from "./responses-items.ts";
import { parseResponseUsage } from "./usage.ts";

/** A response: https://platform.openai.com/docs/api-reference/responses/object */
export function parseResponsesResponse(body: JsonObject): ChatResponse {
  refuseFailed(body);
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const scope: InputScope = { extras, toolNames: new Map() };
  const parts: AssistantPart[] = [];
  const logprobs: TokenLogprob[] = [];
  const at = childPath(ROOT, "output");
  for (const [index, value] of readArray(body, "output", ROOT).entries()) {
    const itemAt = childPath(at, index);
    const item = toObject(value, itemAt);
    for (const part of parseItem(item, itemAt, scope)) parts.push(part);
    for (const token of logprobsOf(item)) logprobs.push(token);
  }
  const created = numberIn(body, "created_at");
  return {
    family: "openai",
    id: stringIn(body, "id") ?? null,
    model: stringIn(body, "model") ?? null,
    createdAtSeconds: created === undefined ? null : Math.trunc(created),
    choices: [
      {
        index: 0,
        parts,
        finish: parseFinish(body, { parts, extras }),
        logprobs: logprobs.length > 0 ? logprobs : undefined,
      },
    ],
    usage: parseResponseUsage(body["usage"]),
    serviceTier: stringIn(body, "service_tier"),
    extras,
  };
}

/** The settings of the request, which a response repeats, are kept for a reader of this API. */
const readExtras = createExtrasReader(`
  id object created_at model output usage service_tier status error
  incomplete_details output_text
`);

/** It came with status 200, yet there's no answer: for any other reader the line has failed. */
function refuseFailed(body: JsonObject): void {
  if (body["status"] !== "failed") return;
  const error = objectIn(body, "error") ?? {};
  const code = stringIn(error, "code") ?? "server_error";
  const message = stringIn(error, "message") ?? "no reason was given";
  throw new CodecError("invalid_request", "error", `the response failed: ${code}: ${message}`);
}

function parseItem(item: JsonObject, at: JsonPath, scope: InputScope): AssistantPart[] {
  const parts = parseAssistantItem(item, at, scope);
  if (item["type"] !== "message") return parts;
  const content = arrayIn(item, "content");
  return parts.flatMap((part): AssistantPart[] => {
    const value = typeof part.at.key === "number" ? content[part.at.key] : undefined;
    const annotations = isJsonObject(value) ? arrayIn(value, "annotations") : [];
    if (annotations.length === 0) return [part];
    const annotationsAt = childPath(part.at, "annotations");
    return [part, { ...ANNOTATIONS, value: annotations, at: annotationsAt }];
  });
}

const ANNOTATIONS = { kind: "native", family: "openai", type: "annotations" } as const;

function logprobsOf(item: JsonObject): readonly TokenLogprob[] {
  if (item["type"] !== "message") return [];
  return arrayIn(item, "content").flatMap((part) =>
    isJsonObject(part) ? parseLogprobs(arrayIn(part, "logprobs")) : [],
  );
}

/** While a response is read. */
interface Answer {
  readonly parts: readonly AssistantPart[];
  readonly extras: Extra[];
}

function parseFinish(body: JsonObject, { parts, extras }: Answer): Finish {
  const status = stringIn(body, "status") ?? "completed";
  if (status === "incomplete") {
    const native = stringIn(objectIn(body, "incomplete_details") ?? {}, "reason") ?? status;
    if (native === "max_output_tokens") return { reason: "length", native };
    if (native === "content_filter") return { reason: "content_filter", native };
    return parseOtherFinish(body, native, extras);
  }
  if (status !== "completed") return parseOtherFinish(body, status, extras);
  if (parts.some((part) => part.kind === "tool_call"))
    return { reason: "tool_calls", native: null };
  if (parts.some((part) => part.kind === "refusal")) return { reason: "refusal", native: null };
  return { reason: "stop", native: null };
}

/** What the hub has no word for stays with a reader of this API. */
function parseOtherFinish(body: JsonObject, native: string, extras: Extra[]): Finish {
  for (const key of ["status", "incomplete_details"]) {
    const value = body[key];
    if (value !== undefined) extras.push({ path: childPath(ROOT, key), value, isEssential: false });
  }
  return { reason: "other", native };
}
