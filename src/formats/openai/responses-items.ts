import type { AssistantPart, ToolCallPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  readOptionalString,
  readString,
  toObject,
} from "../fields.ts";
import { parseSignature } from "../signatures.ts";
import { parseGoogleSignature } from "./google-signature.ts";
import { arrayIn, stringIn } from "../open-values.ts";
import type { InputScope } from "./responses-input.ts";
import { parseInputContent } from "./responses-parts.ts";

/** An item that the model made, in the input or the output. What only OpenAI knows stays whole. */
export function parseAssistantItem(
  item: JsonObject,
  at: JsonPath,
  scope: InputScope,
): AssistantPart[] {
  const type = readItemType(item, at);
  switch (type) {
    case "message":
      return parseOutputMessage(item, at, scope);
    case "function_call":
    case "custom_tool_call":
      return [parseCall(item, at, scope)];
    case "reasoning":
      return parseReasoning(item, at, scope);
    default:
      return [{ kind: "native", family: "openai", type, value: item, at }];
  }
}

/** A reference to a stored item may leave its type out. */
function readItemType(item: JsonObject, at: JsonPath): string {
  const type = readOptionalString(item, "type", at);
  if (type !== undefined) return type;
  if (typeof item["id"] === "string") return "item_reference";
  throw invalid(at, "type", "must be given where there is no role");
}

function parseOutputMessage(item: JsonObject, at: JsonPath, scope: InputScope): AssistantPart[] {
  const contentAt = childPath(at, "content");
  const parts = parseInputContent(item["content"], contentAt, scope).map((part): AssistantPart => {
    if (part.kind !== "native" || part.type !== "refusal") return part;
    const text = readString(toObject(part.value, part.at), "refusal", part.at);
    return { kind: "refusal", text, at: part.at };
  });
  const signature = parseGoogleSignature(item);
  if (signature === undefined) return parts;
  const last = parts.findLastIndex((part) => part.kind === "text");
  return parts.map((part, index) =>
    index === last && part.kind === "text" ? { ...part, signature } : part,
  );
}

function parseCall(item: JsonObject, at: JsonPath, scope: InputScope): ToolCallPart {
  readCallExtras(item, at, scope.extras);
  const id = readString(item, "call_id", at);
  const name = readString(item, "name", at);
  scope.toolNames.set(id, name);
  return {
    kind: "tool_call",
    id,
    name,
    input:
      item["type"] === "custom_tool_call"
        ? { kind: "free_text", text: readString(item, "input", at) }
        : { kind: "json_text", text: readString(item, "arguments", at) },
    signature: parseGoogleSignature(item),
    at,
  };
}

const readCallExtras = createExtrasReader(`
  type id call_id name arguments input status extra_content
`);

/**
 * Each text of the summary is a part, and the last holds the signature. Without any text there's nothing to show: the thinking is
 * in the encrypted content alone.
 */
function parseReasoning(item: JsonObject, at: JsonPath, scope: InputScope): AssistantPart[] {
  readReasoningExtras(item, at, scope.extras);
  const id = stringIn(item, "id");
  const encrypted = stringIn(item, "encrypted_content");
  const signature = encrypted === undefined ? undefined : parseSignature(encrypted, "openai");
  const summary = textsOf(arrayIn(item, "summary"));
  const texts = summary.length > 0 ? summary : textsOf(arrayIn(item, "content"));
  if (texts.length > 0) {
    return texts.map((text, index) => ({
      kind: "reasoning",
      text,
      signature: index === texts.length - 1 ? signature : undefined,
      id,
      at,
    }));
  }
  return [
    signature === undefined
      ? { kind: "reasoning", text: "", id, at }
      : { kind: "redacted_reasoning", data: signature, id, at },
  ];
}

const readReasoningExtras = createExtrasReader(`
  type id summary content encrypted_content status
`);

function textsOf(parts: readonly Json[]): string[] {
  return parts.flatMap((part) => {
    const text = isJsonObject(part) ? stringIn(part, "text") : undefined;
    return text === undefined ? [] : [text];
  });
}

/** Whether a native part stands among the items, and not in the content of one. */
export function isItemPath(at: JsonPath): boolean {
  const parent = at.parent;
  return (
    parent !== null &&
    (parent.key === "input" || parent.key === "output") &&
    parent.parent?.parent === null
  );
}
