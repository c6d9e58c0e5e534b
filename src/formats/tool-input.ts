import type { ToolCallPart } from "../core/content.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { WriteContext } from "../core/write-context.ts";
import { printJson } from "./line-fields.ts";

/** For formats that write a call's arguments as an object. Throws where the text isn't one. */
export function toolInputObject(call: ToolCallPart, context: WriteContext): JsonObject {
  const { input } = call;
  if (input.kind === "object") return input.value;
  if (input.kind === "free_text") {
    throw context.untranslatable(call.at, `the call of "${call.name}" has free text for input`);
  }
  if (input.text.trim() === "") return {};
  const value = parseJson(input.text);
  if (isJsonObject(value)) return value;
  throw context.untranslatable(call.at, `the arguments of "${call.name}" must be a JSON object`);
}

/** For formats that write a call's arguments as text. */
export function toolInputText(call: ToolCallPart): string {
  const { input } = call;
  return input.kind === "object" ? printJson(input.value) : input.text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
