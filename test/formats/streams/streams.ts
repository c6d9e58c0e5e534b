import type { ServerEvent } from "../../../src/core/provider.ts";
import type { FormatName } from "../../../src/core/format-name.ts";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { formats } from "../../../src/formats/formats.ts";
import { translateCall } from "../../../src/formats/translate-call.ts";

export interface Streamed {
  readonly from: "openai" | "anthropic";
  readonly provider: FormatName;
  readonly model: string;
  readonly variant?: string;
  /** Of OpenAI's, left out: chats. */
  readonly endpoint?: "responses";
  readonly body?: JsonObject;
  readonly events: readonly ServerEvent[];
}

const BODIES = {
  openai: { model: "m", messages: [{ role: "user", content: "?" }] },
  anthropic: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "?" }] },
} as const;

/** What a client gets of a provider's events. */
export function streamed(given: Streamed): readonly ServerEvent[] {
  const { from, provider, model, variant = null, events, endpoint = "chat" } = given;
  const own = endpoint === "responses" ? { model: "m", input: "?" } : BODIES[from];
  const body: JsonObject = { ...own, ...given.body };
  const { stream } = translateCall(
    { format: formats[from], endpoint, body, text: JSON.stringify(body) },
    { format: formats[provider], model, variant },
    { mode: "warn", nowSeconds: () => 7, newId: (prefix) => `${prefix}new` },
  );
  if (stream === null) throw new Error("nothing is streamed here");
  const map = stream.createMap();
  return [...events.flatMap((event) => map.map(event)), ...map.end()];
}

export function event(data: JsonObject | string, name: string | null = null): ServerEvent {
  return { event: name, data: typeof data === "string" ? data : JSON.stringify(data) };
}

/** Anthropic names its events by their type. */
export function typed(data: JsonObject): ServerEvent {
  const { type } = data;
  return event(data, typeof type === "string" ? type : null);
}

export function dataOf({ data }: ServerEvent): JsonObject {
  const value: unknown = JSON.parse(data);
  if (!isJsonObject(value)) throw new Error("an event without an object");
  return value;
}

/** The deltas of OpenAI's chunks, and how it ended. */
export function openaiDeltas(events: readonly ServerEvent[]) {
  return events
    .filter(({ data }) => data !== "[DONE]")
    .map((each) => {
      const { choices, usage } = dataOf(each);
      const [choice] = Array.isArray(choices) ? choices : [];
      if (!isJsonObject(choice)) return { usage };
      const { delta, finish_reason } = choice;
      return finish_reason === null ? delta : { finish_reason };
    });
}

/** Anthropic's events without what is the same in all of them. */
export function anthropicEvents(events: readonly ServerEvent[]): readonly JsonObject[] {
  return events.map((each) => {
    const { type, message: _message, usage: _usage, ...rest } = dataOf(each);
    if (type !== each.event) throw new Error(`${each.data} is named ${String(each.event)}`);
    return { type, ...rest };
  });
}
