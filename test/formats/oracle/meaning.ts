import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { Part, ToolInput } from "../../../src/core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";

/**
 * What a request says, whatever format it came in: without places, in turns, with tools' inputs as values. What formats word
 * for themselves is left out: names and strictness of schemas, `additionalProperties`, a choice that is the default.
 */
export function meaningOf(request: ChatRequest): Json {
  const { family: _family, model: _model, extras: _extras, messages, ...settings } = request;
  // Only one of the APIs stores what it isn't told to, so `false` and nothing are the same.
  const { tools, toolChoice, responseFormat, store: _store, ...rest } = settings;
  const meaning = {
    ...rest,
    system: messages.flatMap((message) => (message.kind === "system" ? texts(message) : [])),
    turns: turnsOf(messages),
    tools: tools?.map((tool) =>
      tool.kind === "function"
        ? { name: tool.name, description: tool.description, schema: bare(tool.schema) }
        : null,
    ),
    toolChoice: toolChoice?.kind === "auto" ? undefined : toolChoice,
    responseFormat: responseFormat?.kind === "json_schema" ? bare(responseFormat.schema) : null,
  };
  const value: Json = JSON.parse(JSON.stringify(meaning));
  return value;
}

function texts({ parts }: Extract<Message, { kind: "system" }>): string[] {
  return parts.map((part) => part.text);
}

function turnsOf(messages: readonly Message[]): unknown[] {
  const turns: { readonly role: string; readonly parts: unknown[] }[] = [];
  for (const message of messages) {
    if (message.kind === "system") continue;
    const role = message.kind === "assistant" ? "assistant" : "user";
    const last = turns.at(-1);
    const parts = message.parts.map(partMeaning);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts });
  }
  return turns;
}

function partMeaning(part: Part): unknown {
  if (part.kind === "text") return part.text;
  if (part.kind === "image") return part.source;
  if (part.kind === "tool_call") {
    return { call: part.id, name: part.name, input: inputValue(part.input) };
  }
  if (part.kind === "tool_result") {
    return { result: part.callId, content: part.content.map(partMeaning) };
  }
  return { other: part.kind };
}

function inputValue(input: ToolInput): unknown {
  if (input.kind === "object") return input.value;
  return input.text === "" ? {} : JSON.parse(input.text);
}

function bare(schema: Json | undefined): Json | undefined {
  if (isJsonArray(schema)) return schema.map((item) => bare(item) ?? null);
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).filter(([key]) => key !== "additionalProperties");
  const kept: [string, Json | undefined][] = entries.map(([key, value]) => [key, bare(value)]);
  const object: JsonObject = Object.fromEntries(kept);
  return object;
}
