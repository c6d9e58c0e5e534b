// https://docs.claude.com/en/api/messages: what the shapes of a body can't say

import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, numberOf, objectsOf, shown } from "../../json.ts";
import { invalid } from "../bedrock-error.ts";
import { objectOf, stringsOf } from "./reply.ts";

const NEWEST = 99;

export function checkClaude(body: JsonObject, generation: number = NEWEST): void {
  checkParameters(body, generation);
  checkTools(body);
  checkThinking(body, generation);
  const messages = objectsOf(body["messages"]);
  if (messages.length === 0) throw invalid("messages: at least one message is required");
  if (generation < 4 && messages[0]?.["role"] !== "user") {
    throw invalid('messages: first message must use the "user" role');
  }
  for (const [index, message] of messages.entries()) checkContent(message, index, messages);
  checkCalls(messages);
  checkPrefill(messages, generation);
}

function checkParameters(body: JsonObject, generation: number): void {
  const { temperature, top_p: topP } = body;
  if (generation >= 4.1 && isGiven(temperature) && isGiven(topP)) {
    throw invalid(
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    );
  }
  if (stringsOf(body["stop_sequences"]).some((stop) => stop.trim() === "")) {
    throw invalid("stop_sequences: each stop sequence must contain non-whitespace");
  }
  const format = objectOf(body["output_config"])["format"];
  if (!isJsonObject(format)) return;
  if (generation < 4.5) throw invalid("output_config.format: Extra inputs are not permitted");
  checkClosed(format["schema"]);
}

/** Structured output: every object must say that it has no other properties. */
function checkClosed(schema: Json | undefined): void {
  if (isJsonArray(schema)) for (const part of schema) checkClosed(part);
  if (!isJsonObject(schema)) return;
  if (schema["type"] === "object" && schema["additionalProperties"] !== false) {
    throw invalid(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    );
  }
  for (const name of ["items", "anyOf", "allOf"]) checkClosed(schema[name]);
  for (const name of ["properties", "$defs"]) {
    for (const part of Object.values(objectOf(schema[name]))) checkClosed(part);
  }
}

function checkTools(body: JsonObject): void {
  const tools = objectsOf(body["tools"]);
  for (const [index, { input_schema: schema }] of tools.entries()) {
    if (!isJsonObject(schema) || schema["type"] === "object") continue;
    const problem = schema["type"] === undefined ? "Field required" : "Input should be 'object'";
    throw invalid(`tools.${index}.custom.input_schema.type: ${problem}`);
  }
  const names = tools.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid("tools: Tool names must be unique.");
  const choice = body["tool_choice"];
  if (!isJsonObject(choice)) return;
  if (tools.length === 0 && choice["type"] !== "none") {
    throw invalid("tool_choice may only be specified while providing `tools`.");
  }
  if (choice["type"] === "tool" && !names.includes(choice["name"])) {
    throw invalid(`Tool '${shown(choice["name"])}' not found in provided tools`);
  }
}

export function isThinking({ thinking }: JsonObject): boolean {
  return isJsonObject(thinking) && thinking["type"] !== "disabled";
}

function checkThinking(body: JsonObject, generation: number): void {
  if (!isThinking(body)) return;
  if (generation < 3.7) throw invalid("thinking is not supported for this model.");
  const { type, budget_tokens: budget } = objectOf(body["thinking"]);
  if (type === "adaptive" && generation < 4.6) {
    throw invalid("adaptive thinking is not supported on this model");
  }
  if (numberOf(budget, 0) >= numberOf(body["max_tokens"], 0)) {
    throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  if (numberOf(body["temperature"], 1) !== 1) {
    throw invalid("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if (isGiven(body["top_k"])) throw invalid("`top_k` must be unset when thinking is enabled.");
  if (["any", "tool"].includes(shown(objectOf(body["tool_choice"])["type"]))) {
    throw invalid("Thinking may not be enabled when tool_choice forces tool use.");
  }
}

function checkContent(
  { role, content }: JsonObject,
  index: number,
  messages: readonly JsonObject[],
): void {
  const isEmpty = content === "" || (isJsonArray(content) && content.length === 0);
  const mayBeEmpty = role === "assistant" && index === messages.length - 1;
  if (isEmpty && !mayBeEmpty) {
    throw invalid(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  if (objectsOf(content).some(({ type, text }) => type === "text" && text === "")) {
    throw invalid("messages: text content blocks must be non-empty");
  }
}

/** Every call is answered in the next message, and every answer has its call. */
function checkCalls(messages: readonly JsonObject[]): void {
  let open: readonly string[] = [];
  for (const [index, { content }] of messages.entries()) {
    const blocks = objectsOf(content);
    const results = idsOf(blocks, "tool_result", "tool_use_id");
    const strange = results.find((id) => !open.includes(id));
    if (strange !== undefined) {
      throw invalid(
        `messages.${index}.content.${results.indexOf(strange)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    checkAnswered(
      index - 1,
      open.filter((id) => !results.includes(id)),
    );
    open = idsOf(blocks, "tool_use", "id");
  }
  checkAnswered(messages.length - 1, open);
}

function checkAnswered(index: number, left: readonly string[]): void {
  if (left.length === 0) return;
  throw invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${left.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function idsOf(blocks: readonly JsonObject[], type: string, member: string): readonly string[] {
  return blocks.filter((block) => block["type"] === type).map((block) => shown(block[member]));
}

function checkPrefill(messages: readonly JsonObject[], generation: number): void {
  const last = messages.at(-1);
  if (last === undefined || last["role"] !== "assistant") return;
  if (generation >= 4.6) {
    throw invalid(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }
  const { content } = last;
  const text = typeof content === "string" ? content : objectsOf(content).at(-1)?.["text"];
  if (typeof text !== "string" || text === text.trimEnd()) return;
  throw invalid("messages: final assistant content cannot end with trailing whitespace");
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
