import { badRequest } from "../api-error.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, numberOf, objectsOf } from "../../json.ts";
import { requireModel, snapshotOf } from "../models.ts";
import { newId } from "../new-id.ts";
import type { AnswerContext } from "./answer.ts";
import { checkChatBody, checkForModel, functionNameOf } from "./chat-rules.ts";
import type { Dice } from "../../dice.ts";
import { countTokens, diceFor, endText, replyText, tokensOf } from "./reply-text.ts";
import { sampleOf } from "../../schema-sample.ts";

/** `POST /v1/chat/completions` without streaming. */
export function answerChat(body: JsonObject, context: AnswerContext): JsonObject {
  const name = body["model"];
  const model = typeof name === "string" ? requireModel(context.models, name, "chat") : null;
  checkChatBody(body);
  if (model === null) throw badRequest("you must provide a model parameter", "model");
  checkForModel(body, model);
  checkFiles(body, context);
  const count = numberOf(body["n"], 1);
  const choices: Choice[] = [];
  for (let index = 0; index < count; index += 1) choices.push(choose(body, index, context));
  const reasoning = model.reasoning === true ? reasoningTokens(body) : 0;
  return {
    id: newId("chatcmpl-", 29),
    object: "chat.completion",
    created: context.now,
    model: snapshotOf(model),
    choices: choices.map((choice) => choice.body),
    usage: usageOf(body, choices, reasoning),
    service_tier: "default",
    system_fingerprint: "fp_emulator00",
    ...(body["store"] === true && isJsonObject(body["metadata"])
      ? { metadata: body["metadata"] }
      : {}),
  };
}

interface Choice {
  readonly body: JsonObject;
  readonly tokens: number;
}

function choose(body: JsonObject, index: number, context: AnswerContext): Choice {
  const dice = diceFor(body, index);
  const called = forcedTool(body);
  if (called !== null) return callTool(called, index, dice);
  const limit = numberOf(
    body["max_completion_tokens"],
    numberOf(body["max_tokens"], Number.POSITIVE_INFINITY),
  );
  const stops = typeof body["stop"] === "string" ? [body["stop"]] : stringsOf(body["stop"]);
  const ended = endText(contentFor(body, dice, context), stops, limit);
  const message = { role: "assistant", content: ended.text, refusal: null, annotations: [] };
  const logprobs = body["logprobs"] === true ? logprobsOf(ended.text, body, dice) : null;
  return {
    body: { index, message, logprobs, finish_reason: ended.reason },
    tokens: countTokens(ended.text),
  };
}

function contentFor(body: JsonObject, dice: Dice, context: AnswerContext): string {
  const format = body["response_format"];
  const question = lastQuestion(body);
  if (isJsonObject(format)) {
    const named = format["json_schema"];
    const schema = isJsonObject(named) ? named["schema"] : undefined;
    if (isJsonObject(schema)) return JSON.stringify(sampleOf(schema, schema, dice));
    if (format["type"] === "json_object") {
      return JSON.stringify({ question: question.slice(0, 60), answer: dice.roll(100) });
    }
  }
  return replyText(question, dice, context.minCharacters);
}

interface ForcedTool {
  readonly tool: JsonObject;
  readonly legacy: boolean;
  readonly reason: "stop" | "tool_calls" | "function_call";
}

/** A tool is called only where the request leaves no choice, so that a test knows what it gets. */
function forcedTool(body: JsonObject): ForcedTool | null {
  const { tools, functions, tool_choice: choice, function_call: legacy } = body;
  if (isJsonObject(legacy)) {
    const found = objectsOf(functions).find((item) => item["name"] === legacy["name"]);
    return found === undefined ? null : { tool: found, legacy: true, reason: "stop" };
  }
  const offered = objectsOf(tools).filter((tool) => tool["type"] === "function");
  const named = isJsonObject(choice) ? functionNameOf(choice) : undefined;
  const chosen =
    choice === "required" ? offered[0] : offered.find((tool) => functionNameOf(tool) === named);
  const called = chosen?.["function"];
  if (!isJsonObject(called)) return null;
  // OpenAI says `stop` where the request named the function, since the model didn't choose.
  return { tool: called, legacy: false, reason: choice === "required" ? "tool_calls" : "stop" };
}

function callTool(forced: ForcedTool, index: number, dice: Dice): Choice {
  const { tool, legacy, reason } = forced;
  const schema = tool["parameters"];
  const input = isJsonObject(schema) ? sampleOf(schema, schema, dice) : {};
  const called = { name: tool["name"] ?? "", arguments: JSON.stringify(input) };
  const calls = legacy
    ? { function_call: called }
    : { tool_calls: [{ id: newId("call_"), type: "function", function: called }] };
  const message = { role: "assistant", content: null, refusal: null, annotations: [], ...calls };
  return {
    body: { index, message, logprobs: null, finish_reason: reason },
    tokens: countTokens(called.arguments) + 8,
  };
}

function usageOf(body: JsonObject, choices: readonly Choice[], reasoning: number): JsonObject {
  const prompt = promptTokens(body);
  const completion = choices.reduce((sum, choice) => sum + choice.tokens, reasoning);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function promptTokens(body: JsonObject): number {
  let tokens = 3;
  for (const message of objectsOf(body["messages"])) {
    tokens += 4 + countTokens(textOf(message["content"]));
    for (const part of objectsOf(message["content"])) if (part["type"] !== "text") tokens += 85;
  }
  return tokens + (body["tools"] === undefined ? 0 : countTokens(JSON.stringify(body["tools"])));
}

const REASONING_TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 64,
  medium: 192,
};

export function reasoningTokens(body: JsonObject): number {
  const nested = isJsonObject(body["reasoning"]) ? body["reasoning"]["effort"] : undefined;
  const effort = body["reasoning_effort"] ?? nested ?? "medium";
  return typeof effort === "string" ? (REASONING_TOKENS[effort] ?? 512) : 192;
}

function logprobsOf(text: string, body: JsonObject, dice: Dice): JsonObject {
  const top = numberOf(body["top_logprobs"], 0);
  const entry = (token: string): JsonObject => ({
    token,
    logprob: -dice.roll(1_000) / 1_000,
    bytes: [...Buffer.from(token)],
  });
  const content = tokensOf(text).map((token) => ({
    ...entry(token),
    top_logprobs: Array.from({ length: top }, () => entry(token)),
  }));
  return { content, refusal: null };
}

function lastQuestion(body: JsonObject): string {
  const messages = objectsOf(body["messages"]);
  const asked = messages.findLast((message) => message["role"] === "user") ?? messages.at(-1);
  return textOf(asked?.["content"]);
}

/** The text of a content, whether it is a string or parts. */
export function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  const texts = objectsOf(content).map((part) => part["text"]);
  return texts.filter((text) => typeof text === "string").join("\n");
}

function checkFiles(body: JsonObject, context: AnswerContext): void {
  for (const [index, message] of objectsOf(body["messages"]).entries()) {
    for (const [place, part] of objectsOf(message["content"]).entries()) {
      const file = isJsonObject(part["file"]) ? part["file"] : {};
      const id = file["file_id"];
      if (typeof id === "string" && !context.hasFile(id)) {
        const param = `messages[${index}].content[${place}].file.file_id`;
        throw badRequest(`No such File object: ${id}`, param);
      }
    }
  }
}

function stringsOf(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === "string") : [];
}
