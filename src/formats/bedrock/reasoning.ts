import type {
  NativePart,
  ReasoningPart,
  RedactedReasoningPart,
  Signature,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readObject,
  readOptionalObject,
  readOptionalString,
  readString,
} from "../fields.ts";
import { parseSignature, writeSignature } from "../signatures.ts";
import type { BlockScope } from "./block-scope.ts";
import { nativeBlock } from "./block-type.ts";

export function parseReasoning(
  block: JsonObject,
  at: JsonPath,
  scope: BlockScope,
): ReasoningPart | RedactedReasoningPart | NativePart {
  const content = readObject(block, "reasoningContent", at);
  const contentAt = childPath(at, "reasoningContent");
  const redacted = readOptionalString(content, "redactedContent", contentAt);
  if (redacted !== undefined) {
    return { kind: "redacted_reasoning", data: parseRedacted(redacted), at };
  }
  const reasoning = readOptionalObject(content, "reasoningText", contentAt);
  if (reasoning === undefined) {
    return nativeBlock("reasoningContent", block, at);
  }
  const reasoningAt = childPath(contentAt, "reasoningText");
  readReasoningExtras(reasoning, reasoningAt, scope.extras);
  const signature = readOptionalString(reasoning, "signature", reasoningAt);
  return {
    kind: "reasoning",
    text: readString(reasoning, "text", reasoningAt),
    // Only Claude signs on Bedrock, and its signatures hold wherever it runs.
    signature: signature === undefined ? undefined : parseSignature(signature, "anthropic"),
    at,
  };
}

const readReasoningExtras = createExtrasReader("text signature");

/** Converse wants bytes here, so another family's data is in base64 once more, its prefix included. */
export function parseRedacted(data: string): Signature {
  if (!data.startsWith(FOREIGN_START)) return { family: "bedrock", value: data };
  return parseSignature(Buffer.from(data, "base64").toString(), "bedrock");
}

export function writeRedacted(data: Signature): string {
  if (data.family === "bedrock") return data.value;
  return Buffer.from(writeSignature(data, "bedrock")).toString("base64");
}

/** `crossbatch.` in base64, without what depends on the letters after it. */
const FOREIGN_START = "Y3Jvc3NiYXRjaC";
