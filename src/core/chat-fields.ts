import type { ChatRequest } from "./chat-request.ts";
import type { PartKind } from "./content.ts";

/** The settings of a request: what a target format may or may not be able to say. */
export type ChatField = Exclude<keyof ChatRequest, "family" | "model" | "messages" | "extras">;

/**
 * What a codec's writer does with a thing. `kept`: says it, under whatever name. `emulated`: says something that comes to
 * the same. `partly`: says some values, and itself warns of or refuses the others. `ignored`: means nothing there, and
 * leaving it out changes nothing. `warned`, `refused`: can't say it; `reportUnsaid` warns or fails, so the writer doesn't look.
 */
export type Support = "kept" | "emulated" | "partly" | "ignored" | "warned" | "refused";

/**
 * A codec answers for every setting and every kind of part: what is new in the hub doesn't compile until each codec has
 * said what becomes of it. `docs/translation.md` is checked against these tables.
 */
export interface ChatSupport {
  readonly fields: Readonly<Record<ChatField, Support>>;
  readonly parts: Readonly<Record<PartKind, Support>>;
}

/** Where a codec's own format writes a setting: `generationConfig.seed`. Left out: it has no such setting. */
export type ChatFieldNames = Readonly<Partial<Record<ChatField, string>>>;

/** Whether a setting asks for nothing but what happens anyway: dropping it needs no warning. */
export function isNeutral(field: ChatField, value: NonNullable<ChatRequest[ChatField]>): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === "object" && "kind" in value) {
    return value.kind === (field === "responseFormat" ? "text" : "auto");
  }
  if (typeof value === "object") return Object.keys(value).length === 0;
  return NEUTRAL_VALUES[field]?.includes(value) ?? false;
}

const NEUTRAL_VALUES: Readonly<Partial<Record<ChatField, readonly (string | number | boolean)[]>>> =
  {
    parallelToolCalls: [true],
    choiceCount: [1],
    presencePenalty: [0],
    frequencyPenalty: [0],
    logprobs: [false],
    topLogprobs: [0],
    store: [false],
    serviceTier: ["auto", "default", "standard"],
    verbosity: ["medium"],
  };
