import { badRequest } from "../api-error.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonObject, numberOf, objectsOf, shown } from "../../json.ts";
import type { ModelInfo } from "../models.ts";
import { requireModel, snapshotOf } from "../models.ts";
import { newId } from "../new-id.ts";
import type { AnswerContext } from "./answer.ts";
import { checkForModel } from "./chat-rules.ts";
import { reasoningTokens, textOf } from "./chat.ts";
import type { Dice } from "../../dice.ts";
import { countTokens, diceFor, endText, replyText } from "./reply-text.ts";
import { checkResponseBody } from "./response-rules.ts";
import { sampleOf } from "../../schema-sample.ts";

/** `POST /v1/responses` without streaming. */
export function answerResponse(body: JsonObject, context: AnswerContext): JsonObject {
  const name = body["model"];
  const model = typeof name === "string" ? requireModel(context.models, name, "chat") : null;
  checkResponseBody(body);
  if (model === null) throw badRequest("you must provide a model parameter", "model");
  checkForModel({ temperature: body["temperature"], top_p: body["top_p"] }, model);
  checkFiles(body, context);
  const dice = diceFor(body, 0);
  const written = forcedCall(body, dice) ?? writtenText(body, dice, context);
  const reasoning = model.reasoning === true ? reasoningTokens(body) : 0;
  const thought: JsonObject = { id: newId("rs_"), type: "reasoning", summary: [] };
  const input = promptTokens(body);
  const output = written.tokens + reasoning;
  return {
    id: newId("resp_", 40),
    object: "response",
    created_at: context.now,
    completed_at: context.now,
    status: written.isCut ? "incomplete" : "completed",
    error: null,
    incomplete_details: written.isCut ? { reason: "max_output_tokens" } : null,
    output: reasoning > 0 ? [thought, written.item] : [written.item],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
    ...settingsOf(body, model),
  };
}

/** The request's settings come back, with their defaults filled in. */
function settingsOf(body: JsonObject, model: ModelInfo): JsonObject {
  const thinking = model.reasoning === true;
  const text = isJsonObject(body["text"]) ? body["text"] : {};
  const reasoning = isJsonObject(body["reasoning"]) ? body["reasoning"] : {};
  return {
    model: snapshotOf(model),
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: body["metadata"] ?? {},
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: null,
    background: false,
    reasoning: {
      effort: reasoning["effort"] ?? (thinking ? "medium" : null),
      summary: reasoning["summary"] ?? null,
    },
    service_tier: "default",
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: { format: text["format"] ?? { type: "text" }, verbosity: text["verbosity"] ?? "medium" },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: (Array.isArray(body["tools"]) ? objectsOf(body["tools"]) : []).map(withDefaults),
    top_logprobs: body["top_logprobs"] ?? 0,
    top_p: body["top_p"] ?? 1,
    truncation: body["truncation"] ?? "disabled",
    safety_identifier: body["safety_identifier"] ?? null,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    ...(typeof body["user"] === "string" ? { user: body["user"] } : {}),
  };
}

function withDefaults(tool: JsonObject): JsonObject {
  if (tool["type"] !== "function") return tool;
  return { description: null, parameters: null, strict: true, ...tool };
}

interface Written {
  readonly item: JsonObject;
  readonly tokens: number;
  readonly isCut: boolean;
}

function forcedCall(body: JsonObject, dice: Dice): Written | null {
  const choice = body["tool_choice"];
  const offered = objectsOf(body["tools"]).filter((tool) => tool["type"] === "function");
  const named = isJsonObject(choice) ? choice["name"] : null;
  const tool =
    choice === "required" ? offered[0] : offered.find((offer) => offer["name"] === named);
  if (tool === undefined) {
    if (isJsonObject(choice) && choice["type"] === "function") {
      throw badRequest(
        `Tool choice '${shown(named)}' not found in 'tools' parameter.`,
        "tool_choice",
      );
    }
    return null;
  }
  const schema = tool["parameters"];
  const input = JSON.stringify(isJsonObject(schema) ? sampleOf(schema, schema, dice) : {});
  const item = {
    id: newId("fc_", 40),
    type: "function_call",
    status: "completed",
    call_id: newId("call_"),
    name: tool["name"] ?? "",
    arguments: input,
  };
  return { item, tokens: countTokens(input) + 8, isCut: false };
}

function writtenText(body: JsonObject, dice: Dice, context: AnswerContext): Written {
  const limit = numberOf(body["max_output_tokens"], Number.POSITIVE_INFINITY);
  const ended = endText(contentFor(body, dice, context), [], limit);
  const isCut = ended.reason === "length";
  const content = { type: "output_text", text: ended.text, annotations: [], logprobs: [] };
  const item = {
    id: newId("msg_", 40),
    type: "message",
    status: isCut ? "incomplete" : "completed",
    role: "assistant",
    content: [content],
  };
  return { item, tokens: countTokens(ended.text), isCut };
}

function contentFor(body: JsonObject, dice: Dice, context: AnswerContext): string {
  const settings = isJsonObject(body["text"]) ? body["text"] : {};
  const format = isJsonObject(settings["format"]) ? settings["format"] : {};
  const schema = format["schema"];
  if (format["type"] === "json_schema" && isJsonObject(schema)) {
    return JSON.stringify(sampleOf(schema, schema, dice));
  }
  const question = lastQuestion(body["input"]);
  if (format["type"] === "json_object") {
    return JSON.stringify({ question: question.slice(0, 60), answer: dice.roll(100) });
  }
  return replyText(question, dice, context.minCharacters);
}

function lastQuestion(input: Json | undefined): string {
  if (typeof input === "string") return input;
  const asked = objectsOf(input).findLast((item) => item["role"] === "user");
  return textOf(asked?.["content"]);
}

function promptTokens(body: JsonObject): number {
  const { input, instructions } = body;
  let tokens = 3 + countTokens(textOf(instructions));
  if (typeof input === "string") return tokens + countTokens(input);
  for (const item of objectsOf(input)) {
    tokens += 4 + countTokens(textOf(item["content"]) + textOf(item["output"]));
  }
  return tokens;
}

function checkFiles(body: JsonObject, context: AnswerContext): void {
  for (const [index, item] of objectsOf(body["input"]).entries()) {
    for (const [place, part] of objectsOf(item["content"]).entries()) {
      const id = part["file_id"];
      if (typeof id === "string" && !context.hasFile(id)) {
        throw badRequest(`No such File object: ${id}`, `input[${index}].content[${place}].file_id`);
      }
    }
  }
}
