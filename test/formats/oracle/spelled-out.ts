import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";
import type { Api } from "./sdk-models.ts";

/**
 * A body without its API's shorthands, so that two spellings of one thing are equal: a string for one text part, defaults
 * that may be written or not, texts of JSON.
 */
export function spellOut(api: Api, body: JsonObject): JsonObject {
  switch (api) {
    case "openai.chat":
      return spellOutChat(body);
    case "openai.responses":
      return spellOutResponses(body);
    case "anthropic.messages":
    case "bedrock.claude":
      return spellOutClaude(body);
    case "gemini.generateContent":
    case "bedrock.converse":
      return body;
  }
}

function spellOutChat(body: JsonObject): JsonObject {
  const spelled = mapItems(body, "messages", (message) =>
    mapItems(textParts(message, "content", "text"), "tool_calls", (call) =>
      mapObject(call, "function", parsedArguments),
    ),
  );
  const { messages } = spelled;
  return isJsonArray(messages) ? { ...spelled, messages: joinSystem(messages) } : spelled;
}

/** System messages in a row are as good as one, and the SDK's hold one text each. */
function joinSystem(messages: readonly Json[]): Json[] {
  const joined: Json[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    const before = systemContent(last);
    const content = systemContent(message);
    if (before === null || content === null) joined.push(message);
    else joined[joined.length - 1] = { role: "system", content: [...before, ...content] };
  }
  return joined;
}

function systemContent(message: Json | undefined): readonly Json[] | null {
  if (!isJsonObject(message) || message["role"] !== "system") return null;
  return isJsonArray(message["content"]) ? message["content"] : null;
}

function spellOutResponses(body: JsonObject): JsonObject {
  const { input, instructions, ...rest } = body;
  const items = isJsonArray(input) ? input : [{ role: "user", content: input }];
  const first = typeof instructions === "string" ? [{ role: "system", content: instructions }] : [];
  const spelled = [...first, ...items].map((item) => onObject(item, spellOutItem));
  return { ...rest, input: joinSystem(spelled) };
}

function spellOutItem(item: JsonObject): JsonObject {
  const { type, ...rest } = item;
  if (typeof item["role"] !== "string" || (type !== undefined && type !== "message")) {
    return parsedArguments(item);
  }
  return textParts(rest, "content", item["role"] === "assistant" ? "output_text" : "input_text");
}

function spellOutClaude(body: JsonObject): JsonObject {
  const spelled = textParts(body, "system", "text");
  const { system } = spelled;
  const joined = isJsonArray(system) ? { ...spelled, system: joinTexts(system) } : spelled;
  return mapItems(joined, "messages", (message) =>
    mapItems(textParts(message, "content", "text"), "content", (block) =>
      block["type"] === "tool_result" ? textParts(block, "content", "text") : block,
    ),
  );
}

/** A line each is as good as a block each, but for marks of the cache. */
function joinTexts(blocks: readonly Json[]): Json[] {
  const joined: Json[] = [];
  for (const block of blocks) {
    const before = plainText(joined.at(-1));
    const text = plainText(block);
    if (before === null || text === null) joined.push(block);
    else joined[joined.length - 1] = { type: "text", text: `${before}\n${text}` };
  }
  return joined;
}

function plainText(block: Json | undefined): string | null {
  if (!isJsonObject(block) || block["cache_control"] !== undefined) return null;
  return typeof block["text"] === "string" ? block["text"] : null;
}

function textParts(holder: JsonObject, key: string, type: string): JsonObject {
  const text = holder[key];
  return typeof text === "string" ? { ...holder, [key]: [{ type, text }] } : holder;
}

function parsedArguments(call: JsonObject): JsonObject {
  const text = call["arguments"];
  if (typeof text !== "string") return call;
  try {
    const value: Json = text === "" ? {} : JSON.parse(text);
    return { ...call, arguments: value };
  } catch {
    return call;
  }
}

function mapItems(
  holder: JsonObject,
  key: string,
  map: (item: JsonObject) => JsonObject,
): JsonObject {
  const items = holder[key];
  return isJsonArray(items)
    ? { ...holder, [key]: items.map((item) => onObject(item, map)) }
    : holder;
}

function mapObject(
  holder: JsonObject,
  key: string,
  map: (item: JsonObject) => JsonObject,
): JsonObject {
  const item = holder[key];
  return isJsonObject(item) ? { ...holder, [key]: map(item) } : holder;
}

function onObject(item: Json | undefined, map: (item: JsonObject) => JsonObject): Json {
  return isJsonObject(item) ? map(item) : (item ?? null);
}
