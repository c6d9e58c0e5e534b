import type { AssistantPart, ReasoningPart, RedactedReasoningPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { isJsonArray } from "../fields.ts";
import { parseSignature, writeSignature } from "../signatures.ts";
import type { MessageScope } from "./chat-parts.ts";
import { stringIn } from "../open-values.ts";

/**
 * An assistant's thinking in `reasoning_content` and `thinking_blocks`. Neither is OpenAI's own: they are how gateways and
 * compatible hosts show thinking, and signatures, which have to come back, only fit into the blocks.
 */
export function parseThoughts(
  message: JsonObject,
  at: JsonPath,
  scope: MessageScope,
): AssistantPart[] {
  const { thinking_blocks: blocks } = message;
  if (isJsonArray(blocks)) {
    const blocksAt = childPath(at, "thinking_blocks");
    return blocks.flatMap((block, index) => parseBlock(block, childPath(blocksAt, index), scope));
  }
  const key = typeof message["reasoning_content"] === "string" ? "reasoning_content" : "reasoning";
  const text = message[key];
  if (typeof text === "string") return text === "" ? [] : [{ kind: "reasoning", text, at }];
  if (text !== undefined && text !== null) {
    scope.extras.push({ path: childPath(at, key), value: text, isEssential: false });
  }
  return [];
}

/** A block of a kind we don't know becomes an extra: it isn't OpenAI's to have rules for. */
function parseBlock(block: Json, at: JsonPath, scope: MessageScope): AssistantPart[] {
  const fields = isJsonObject(block) ? block : {};
  const { data, thinking } = fields;
  if (typeof data === "string") {
    return [{ kind: "redacted_reasoning", data: parseSignature(data, "anthropic"), at }];
  }
  if (typeof thinking !== "string") {
    scope.extras.push({ path: at, value: block, isEssential: false });
    return [];
  }
  const signature = stringIn(fields, "signature");
  return [
    {
      kind: "reasoning",
      text: thinking,
      signature: signature === undefined ? undefined : parseSignature(signature, "anthropic"),
      at,
    },
  ];
}

/** The fields of a message that hold its thinking. */
export function writeThoughts(thoughts: readonly (ReasoningPart | RedactedReasoningPart)[]): {
  readonly reasoning_content?: string;
  readonly thinking_blocks?: readonly JsonObject[];
} {
  if (thoughts.length === 0) return {};
  const text = thoughts
    .map((thought) => (thought.kind === "reasoning" ? thought.text : ""))
    .filter((piece) => piece !== "")
    .join("\n\n");
  const isSigned = thoughts.some(
    (thought) => thought.kind === "redacted_reasoning" || thought.signature !== undefined,
  );
  return {
    ...(text === "" ? {} : { reasoning_content: text }),
    ...(isSigned ? { thinking_blocks: thoughts.map(writeBlock) } : {}),
  };
}

function writeBlock(thought: ReasoningPart | RedactedReasoningPart): JsonObject {
  if (thought.kind === "redacted_reasoning") {
    return { type: "redacted_thinking", data: writeSignature(thought.data, "anthropic") };
  }
  const { text, signature } = thought;
  return {
    type: "thinking",
    thinking: text,
    signature: signature === undefined ? undefined : writeSignature(signature, "anthropic"),
  };
}
