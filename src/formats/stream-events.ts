import type { ChatDelta } from "../core/chat-stream.ts";
import type { ChatResponse, Choice, Usage } from "../core/chat-response.ts";
import { CodecError } from "../core/codec-error.ts";
import type { AssistantPart } from "../core/content.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { ServerEvent } from "../core/provider.ts";
import { toolInputText } from "./tool-input.ts";

/** What an event holds. Throws `CodecError` where that isn't a JSON object. */
export function eventData({ data }: ServerEvent): JsonObject {
  try {
    const value: unknown = JSON.parse(data);
    if (isJsonObject(value)) return value;
  } catch {
    // As bad as another type.
  }
  throw new CodecError("invalid_request", "", "an event of the stream is not a JSON object");
}

/** The error for a stream that ended in good order, but before the answer did. */
export function brokenOff(): CodecError {
  return new CodecError("invalid_request", "", "the stream ended before the answer did");
}

/** An answer, or as much of one as came at once. */
export function toDeltas(response: ChatResponse): ChatDelta[] {
  const { family, id, model, createdAtSeconds, usage } = response;
  return [
    { kind: "start", family, id, model, createdAtSeconds },
    ...response.choices.flatMap((choice) => [
      ...choiceDeltas(choice, 0),
      { kind: "finish", choice: choice.index, finish: choice.finish } as const,
    ]),
    ...(usage === null ? [] : [{ kind: "usage", usage } as const]),
  ];
}

/** Without its end. `calls`: how many calls of the choice came before. */
export function choiceDeltas({ index, parts, logprobs }: Choice, calls: number): ChatDelta[] {
  let call = calls;
  const deltas = parts.flatMap((part): ChatDelta[] =>
    partDeltas(part, index, part.kind === "tool_call" ? call++ : call),
  );
  if (logprobs === undefined) return deltas;
  return [...deltas, { kind: "text", choice: index, text: "", logprobs }];
}

function partDeltas(part: AssistantPart, choice: number, index: number): ChatDelta[] {
  switch (part.kind) {
    case "text":
    case "reasoning": {
      const { kind, text, signature } = part;
      return text === "" && signature === undefined ? [] : [{ kind, choice, text, signature }];
    }
    case "refusal":
      return [{ kind: "refusal", choice, text: part.text }];
    case "tool_call": {
      const { id, name, signature } = part;
      return [
        { kind: "call", choice, index, id, name, signature },
        { kind: "input", choice, index, text: toolInputText(part) },
      ];
    }
    case "image":
    case "document":
    case "audio":
    case "video":
    case "redacted_reasoning":
    case "native":
      return [{ kind: "part", choice, part }];
  }
}

/** Providers count up while they stream, some of them each number only once. */
export function laterUsage(before: Usage | null, now: Usage): Usage {
  if (before === null) return now;
  const inputTokens = Math.max(before.inputTokens, now.inputTokens);
  const outputTokens = Math.max(before.outputTokens, now.outputTokens);
  const totalTokens = Math.max(before.totalTokens, now.totalTokens, inputTokens + outputTokens);
  return { ...before, ...now, inputTokens, outputTokens, totalTokens };
}
