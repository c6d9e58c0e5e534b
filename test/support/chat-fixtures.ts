import { z } from "zod";
import type { Json, JsonObject } from "../../src/core/json.ts";
import {
  applyPatch,
  caseNames,
  type Expectations,
  expandTexts,
  expectationsSchema,
  objectOf,
  readAccents,
  readDeclarations,
  readFixture,
} from "./fixture-cases.ts";

/** A conversation of test/fixtures/chat as each API's client writes and reads it. See the README there. */
export interface ChatCase {
  readonly name: string;
  readonly description: string;
  readonly isBatch: boolean;
  /** Where this case needs another model than its API usually has. */
  readonly models: Readonly<Record<string, string>>;
  readonly bodies: Readonly<Record<ChatKind, Readonly<Record<string, JsonObject>>>>;
  /** Bodies that break their API's schema on purpose. */
  readonly beyondSpecs: Readonly<Record<string, readonly ChatKind[]>>;
  readonly directions: readonly ChatDirection[];
}

export type ChatKind = "request" | "response";

export interface ChatDirection {
  readonly kind: ChatKind;
  readonly from: string;
  readonly to: string;
  /** In the source's spelling, without positions. */
  readonly warnings: readonly string[];
  readonly outcome:
    | { readonly kind: "refused"; readonly says: string }
    | { readonly kind: "translated"; readonly body: JsonObject };
}

/** Every case, in the order of their names. */
export function loadChatCases(): readonly ChatCase[] {
  return caseNames("chat").map(loadCase);
}

const caseSchema = z.strictObject({
  description: z.string(),
  isBatch: z.boolean().default(true),
  models: z.record(z.string(), z.string()).default({}),
  beyondSpecs: z.record(z.string(), z.array(z.enum(["request", "response"]))).default({}),
  request: expectationsSchema.default({}),
  response: expectationsSchema.default({}),
});
const bodiesSchema = z.strictObject({
  request: z.json().optional(),
  response: z.json().optional(),
});

function loadCase(name: string): ChatCase {
  const { request, response, ...rest } = caseSchema.parse(readFixture(`chat/${name}/case.json`));
  const bodies: Record<ChatKind, Record<string, JsonObject>> = { request: {}, response: {} };
  for (const [accent, file] of readAccents("chat", name)) {
    const parsed = bodiesSchema.parse(file);
    const add = (kind: ChatKind, body: Json | undefined) => {
      if (body !== undefined) bodies[kind][accent] = objectOf(expandTexts(body));
    };
    add("request", parsed.request);
    add("response", parsed.response);
  }
  const directions = [
    ...readDirections(name, "request", { bodies: bodies.request, expectations: request }),
    ...readDirections(name, "response", { bodies: bodies.response, expectations: response }),
  ];
  return { name, ...rest, bodies, directions };
}

/** Each pair whose source there is, and whose target's body or refusal is known. */
function readDirections(
  name: string,
  kind: ChatKind,
  { bodies, expectations }: { bodies: Record<string, JsonObject>; expectations: Expectations },
): ChatDirection[] {
  const { onlyTargets = [], onlySources } = expectations;
  const accents = Object.keys(bodies);
  const sources = onlySources ?? accents.filter((accent) => !onlyTargets.includes(accent));
  const declarations = readDeclarations(expectations, `${name}, ${kind}`);
  const targets = new Set([...accents, ...declarations.refusing]);
  const directions = sources.flatMap((from) =>
    [...targets].flatMap((to): ChatDirection[] => {
      const { patches, warnings, refusals } = declarations.of(from, to);
      const [says] = refusals;
      if (says !== undefined) {
        return [{ kind, from, to, warnings: [], outcome: { kind: "refused", says } }];
      }
      const body = bodies[to];
      if (body === undefined) return [];
      const patched = objectOf(patches.reduce<Json>(applyPatch, body));
      return [{ kind, from, to, warnings, outcome: { kind: "translated", body: patched } }];
    }),
  );
  declarations.checkUsed();
  return directions;
}
