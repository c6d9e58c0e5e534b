import type { ToolCallPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { toolInputText } from "../tool-input.ts";
import { writeGoogleSignature } from "./google-signature.ts";

/** A tool call; its signature only where the reader is known to take it. */
export function writeToolCall(call: ToolCallPart, withSignature: boolean): JsonObject {
  const extra = withSignature ? writeGoogleSignature(call.signature) : undefined;
  const text = toolInputText(call);
  if (call.input.kind === "free_text") {
    const custom = { name: call.name, input: text };
    return { id: call.id, type: "custom", custom, extra_content: extra };
  }
  const called = { name: call.name, arguments: text };
  return { id: call.id, type: "function", function: called, extra_content: extra };
}
