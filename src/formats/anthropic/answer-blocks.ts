import type { Extra } from "../../core/chat-request.ts";
import type { AssistantPart, ToolCallPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../core/tools.ts";
import { createExtrasReader } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { parseSignature } from "../signatures.ts";
import { attachSignatures, toSignature } from "./assistant-blocks.ts";
import { arrayIn, objectIn, stringIn } from "../open-values.ts";

export interface Answer {
  readonly parts: readonly AssistantPart[];
  /** The model was made to answer by a call (`JSON_OUTPUT_TOOL`), which is read as the text that it stands for. */
  readonly isJsonOutput: boolean;
}

/** The blocks of a Message. An answer was paid for, so nothing in a block makes it unreadable. */
export function parseAnswer(content: readonly Json[], at: JsonPath, extras: Extra[]): Answer {
  const parts: AssistantPart[] = [];
  for (const [index, value] of content.entries()) {
    const blockAt = childPath(at, index);
    if (isJsonObject(value)) addBlock(parts, value, { at: blockAt, extras });
    else extras.push({ path: blockAt, value, isEssential: false });
  }
  const json = parts.find((part) => part.kind === "tool_call" && part.name === JSON_OUTPUT_TOOL);
  if (json?.kind !== "tool_call") return { parts: attachSignatures(parts), isJsonOutput: false };
  return { parts: onlyJson(parts, json), isJsonOutput: true };
}

/** Words around the answer would be no JSON. */
function onlyJson(parts: readonly AssistantPart[], json: ToolCallPart): AssistantPart[] {
  const text = json.input.kind === "object" ? printJson(json.input.value) : json.input.text;
  return parts.flatMap((part): AssistantPart[] => {
    if (part === json) return [{ kind: "text", text, at: part.at }];
    const isWords = part.kind === "text" || part.kind === "native";
    const isSecond = part.kind === "tool_call" && part.name === JSON_OUTPUT_TOOL;
    return isWords || isSecond ? [] : [part];
  });
}

interface Place {
  readonly at: JsonPath;
  readonly extras: Extra[];
}

function addBlock(parts: AssistantPart[], block: JsonObject, { at, extras }: Place): void {
  const type = stringIn(block, "type") ?? "";
  switch (type) {
    case "text":
      readTextExtras(block, at, extras);
      parts.push({ kind: "text", text: stringIn(block, "text") ?? "", at });
      addCitations(parts, block, at);
      return;
    case "thinking": {
      readThinkingExtras(block, at, extras);
      const signature = toSignature(stringIn(block, "signature"));
      parts.push({ kind: "reasoning", text: stringIn(block, "thinking") ?? "", signature, at });
      return;
    }
    case "redacted_thinking": {
      const data = parseSignature(stringIn(block, "data") ?? "", "anthropic");
      parts.push({ kind: "redacted_reasoning", data, at });
      return;
    }
    case "tool_use":
      readToolUseExtras(block, at, extras);
      parts.push(parseToolUse(block, at));
      return;
    default:
      parts.push({ kind: "native", family: "anthropic", type, value: block, at });
  }
}

const readTextExtras = createExtrasReader("type text citations");
const readThinkingExtras = createExtrasReader("type thinking signature");
const readToolUseExtras = createExtrasReader("type id name input caller");

/** A part of their own behind the text, so that whoever can't write them says so. */
function addCitations(parts: AssistantPart[], block: JsonObject, at: JsonPath): void {
  const citations = arrayIn(block, "citations");
  if (citations.length === 0) return;
  const citationsAt = childPath(at, "citations");
  parts.push({
    kind: "native",
    family: "anthropic",
    type: CITATIONS,
    value: citations,
    at: citationsAt,
  });
}

export const CITATIONS = "citations";

function parseToolUse(block: JsonObject, at: JsonPath): ToolCallPart {
  const input = objectIn(block, "input");
  return {
    kind: "tool_call",
    id: stringIn(block, "id") ?? "",
    name: stringIn(block, "name") ?? "",
    input:
      input === undefined
        ? { kind: "json_text", text: printJson(block["input"] ?? {}) }
        : { kind: "object", value: input },
    at,
  };
}
