import type { ChatResponse, Choice, FinishReason, Usage } from "../../../src/core/chat-response.ts";
import type { AssistantPart, Signature, ToolCallPart } from "../../../src/core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import type { Answer } from "./sdk-models.ts";

/** What a client wants to know of an answer, as both sides read it. */
export interface ReadAnswer extends JsonObject {
  readonly content: readonly JsonObject[];
  readonly finish: string;
  readonly finishNative: string | null;
  readonly usage: JsonObject;
}

/** Of our own reading: the first choice, since the SDK knows only one. */
export function readOurs(response: ChatResponse): ReadAnswer {
  const [choice] = response.choices;
  if (choice === undefined) throw new Error("there is no choice");
  return {
    content: joinNeighbours(choice.parts.flatMap(ourPart)),
    finish: UNIFIED[choice.finish.reason],
    finishNative: choice.finish.native,
    usage: ourUsage(response.usage),
  };
}

const UNIFIED: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  stop_sequence: "stop",
  pause: "stop",
  length: "length",
  context_window: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
  refusal: "content-filter",
  malformed_tool_call: "error",
  other: "other",
};

function ourPart(part: Choice["parts"][number]): JsonObject[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return part.text === "" ? [] : [{ type: "text", text: part.text }];
    case "reasoning":
      return [{ type: "reasoning", text: part.text, ...proof(part.signature) }];
    case "redacted_reasoning":
      return [{ type: "reasoning", text: "", ...proof(part.data) }];
    case "tool_call":
      return [{ type: "tool-call", id: part.id, name: part.name, input: ourInput(part) }];
    case "image":
    case "document":
    case "audio":
    case "video":
      return [ourFile(part)];
    case "native":
      return [];
  }
}

function proof(signature: Signature | undefined): JsonObject {
  return signature === undefined ? {} : { signature: signature.value };
}

function ourInput({ input }: ToolCallPart): Json {
  return input.kind === "object" ? input.value : parseInput(input.text);
}

function ourFile(part: Extract<AssistantPart, { kind: "image" | "document" | "audio" | "video" }>) {
  const { source } = part;
  const data = source.kind === "base64" ? source.data : source.kind === "url" ? source.url : null;
  return { type: "file", mediaType: source.mediaType, data };
}

function ourUsage(usage: Usage | null): JsonObject {
  return {
    input: usage?.inputTokens ?? 0,
    cacheRead: usage?.cacheReadTokens ?? 0,
    cacheWrite: usage?.cacheWriteTokens ?? 0,
    output: usage?.outputTokens ?? 0,
    reasoning: usage?.reasoningTokens ?? 0,
  };
}

/** Of the SDK's. What a provider did by itself (searches, sources) is native to us, and left out here too. */
export function readTheirs({ content, finishReason, usage }: Answer): ReadAnswer {
  return {
    content: joinNeighbours(content.flatMap(theirPart)),
    finish: finishReason.unified,
    finishNative: finishReason.raw ?? null,
    usage: {
      input: usage.inputTokens.total ?? 0,
      cacheRead: usage.inputTokens.cacheRead ?? 0,
      cacheWrite: usage.inputTokens.cacheWrite ?? 0,
      output: usage.outputTokens.total ?? 0,
      reasoning: usage.outputTokens.reasoning ?? 0,
    },
  };
}

function theirPart(part: Answer["content"][number]): JsonObject[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ type: "text", text: part.text }];
    case "reasoning":
      return [{ type: "reasoning", text: part.text, ...theirProof(part.providerMetadata) }];
    case "tool-call":
      if (part.providerExecuted === true) return [];
      return [
        {
          type: "tool-call",
          id: part.toolCallId,
          name: part.toolName,
          input: parseInput(part.input),
        },
      ];
    case "file":
      return [{ type: "file", mediaType: part.mediaType, data: fileData(part) }];
    case "source":
    case "custom":
    case "reasoning-file":
    case "tool-approval-request":
    case "tool-result":
      return [];
  }
}

const PROOFS = [
  "signature",
  "redactedData",
  "redactedContent",
  "thoughtSignature",
  "reasoningEncryptedContent",
];

function theirProof(metadata: unknown): JsonObject {
  if (!isJsonObject(metadata)) return {};
  for (const values of Object.values(metadata)) {
    if (!isJsonObject(values)) continue;
    for (const key of PROOFS) {
      const value = values[key];
      if (typeof value === "string") return { signature: value };
    }
  }
  return {};
}

function fileData({ data }: Extract<Answer["content"][number], { type: "file" }>): string | null {
  if (data.type !== "data") return null;
  return typeof data.data === "string" ? data.data : Buffer.from(data.data).toString("base64");
}

/** Arguments are the same however they are printed; what is no JSON stays text. */
function parseInput(text: string): Json {
  if (text.trim() === "") return {};
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

/** Texts and thoughts that follow each other are one, unless they are signed. */
function joinNeighbours(parts: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = [];
  for (const part of parts) {
    const last = joined.at(-1) ?? {};
    const before = unsignedText(last);
    const text = unsignedText(part);
    if (before !== null && text !== null && last["type"] === part["type"]) {
      joined[joined.length - 1] = { ...last, text: before + text };
    } else joined.push(part);
  }
  return joined;
}

function unsignedText({ text, signature }: JsonObject): string | null {
  return typeof text === "string" && signature === undefined ? text : null;
}
