import { CodecError } from "../../core/codec-error.ts";
import type { Extra, Message } from "../../core/chat-request.ts";
import type { AssistantPart, TextPart, ToolResultPart, UserPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { invalid, readArray, toObject } from "../fields.ts";
import { createCallIds } from "./call-ids.ts";
import { type PartScope, parsePart } from "./chat-parts.ts";
import {
  createProtoExtrasReader,
  type ProtoItem,
  protoItems,
  protoObject,
  protoText,
  spelled,
} from "./proto-fields.ts";

/** `systemInstruction`, then `contents`. */
export function parseMessages(body: JsonObject, extras: Extra[]): Message[] {
  const scope: PartScope = { extras, calls: createCallIds("call_"), isAnswer: false };
  const contents = protoItems(body, "contents", ROOT);
  if (contents === undefined) readArray(body, "contents", ROOT);
  return [
    ...parseSystem(body, scope),
    ...(contents ?? []).flatMap((content) => parseContent(content, scope)),
  ];
}

function parseSystem(body: JsonObject, scope: PartScope): Message[] {
  const content = protoObject(body, "systemInstruction", ROOT);
  if (content === undefined) return [];
  const at = childPath(ROOT, spelled(body, "systemInstruction"));
  readContentExtras(content, at, scope.extras);
  const parts = (protoItems(content, "parts", at) ?? []).map((item): TextPart => {
    const part = parsePart(item.value, item.at, scope);
    if (part.kind === "text") return part;
    throw new CodecError("invalid_request", item.at, "a system instruction is text only");
  });
  return [{ kind: "system", role: "system", at, parts }];
}

const readContentExtras = createProtoExtrasReader("parts role");

function parseContent({ value, at }: ProtoItem, scope: PartScope): Message[] {
  const content = toObject(value, at);
  readContentExtras(content, at, scope.extras);
  const items = protoItems(content, "parts", at) ?? [];
  switch (protoText(content, "role", at)) {
    case "model":
      return [{ kind: "assistant", at, parts: items.map((item) => parseModelPart(item, scope)) }];
    case undefined:
    case "":
    case "user":
    // What results of functions had for a role before they were the user's.
    case "function":
    case "tool":
      return splitTurn(items, at, scope);
    default:
      throw invalid(at, "role", "must be user or model");
  }
}

function parseModelPart(item: ProtoItem, scope: PartScope): AssistantPart {
  const part = parsePart(item.value, item.at, scope);
  if (part.kind !== "tool_result") return part;
  throw new CodecError("invalid_request", item.at, "results of functions go into a user's turn");
}

/** Results of tools, then the rest. */
function splitTurn(items: readonly ProtoItem[], at: JsonPath, scope: PartScope): Message[] {
  const results: ToolResultPart[] = [];
  const parts: UserPart[] = [];
  for (const item of items) {
    const part = parsePart(item.value, item.at, scope);
    switch (part.kind) {
      case "tool_result":
        results.push(part);
        break;
      case "tool_call":
      case "redacted_reasoning":
      case "refusal":
        throw new CodecError("invalid_request", item.at, "only a turn of the model's may hold it");
      case "reasoning":
        // Gemini reads it as a text of the user's.
        parts.push({ kind: "text", text: part.text, signature: part.signature, at: part.at });
        break;
      case "text":
      case "image":
      case "document":
      case "audio":
      case "video":
      case "native":
        parts.push(part);
    }
  }
  const messages: Message[] = [];
  if (results.length > 0) messages.push({ kind: "tool", at, parts: results });
  if (parts.length > 0 || results.length === 0) messages.push({ kind: "user", at, parts });
  return messages;
}
