import { ApiError, badRequest } from "../api-error.ts";
import type { ApiVersion } from "../api-version.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, numberOf, objectsOf, shown } from "../../json.ts";
import type { ModelInfo, ModelTable } from "../models.ts";
import { requireModel } from "../models.ts";
import { newId } from "../new-id.ts";
import { checkMessageBody, isThinking } from "./message-rules.ts";
import type { Dice } from "../../dice.ts";
import type { Ended } from "./reply-text.ts";
import { countTokens, diceFor, endText, replyText } from "./reply-text.ts";
import { sampleOf } from "../../schema-sample.ts";

/** What an answer depends on beside the request's body. */
export interface AnswerContext {
  readonly models: ModelTable;
  readonly version: ApiVersion;
  readonly serviceTier: "standard" | "batch";
  /** At least so long is every text, so that a bench can have large results. */
  readonly minCharacters: number;
  readonly hasFile: (id: string) => boolean;
}

/** `POST /v1/messages` without streaming. */
export function answerMessage(body: JsonObject, context: AnswerContext): JsonObject {
  const model = modelOf(body, context);
  checkMessageBody(body, { model, version: context.version });
  checkFiles(body, context);
  const dice = diceFor(body);
  const thinking = isThinking(body) ? [think(body, dice)] : [];
  const reply = forcedReply(body, dice) ?? textReply(body, dice, context.minCharacters);
  const content = [...thinking, ...reply.content];
  return {
    id: newId("msg_"),
    type: "message",
    role: "assistant",
    model: model.id,
    content,
    stop_reason: reply.reason,
    stop_sequence: reply.sequence,
    stop_details: null,
    container: null,
    usage: usageOf(body, content, context.serviceTier),
  };
}

function modelOf({ model: name }: JsonObject, { models }: AnswerContext): ModelInfo {
  if (name === undefined) throw badRequest("model: Field required");
  if (typeof name !== "string") throw badRequest("model: Input should be a valid string");
  return requireModel(models, name);
}

/** What `POST /v1/messages/count_tokens` takes: nothing that is only about the answer. */
const COUNTED: ReadonlySet<string> = new Set([
  "cache_control",
  "messages",
  "model",
  "output_config",
  "system",
  "thinking",
  "tool_choice",
  "tools",
]);

/** The tokens that a message would be charged for as its input. */
export function countInput(body: JsonObject, context: AnswerContext): number {
  const model = modelOf(body, context);
  const unknown = Object.keys(body).find((key) => !COUNTED.has(key));
  if (unknown !== undefined) throw badRequest(`${unknown}: Extra inputs are not permitted`);
  const thinking = isJsonObject(body["thinking"]) ? body["thinking"] : {};
  const room = numberOf(thinking["budget_tokens"], 0) + 1;
  checkMessageBody({ ...body, max_tokens: room }, { model, version: context.version });
  checkFiles(body, context);
  return inputTokens(body);
}

interface ReplyParts {
  readonly content: readonly JsonObject[];
  readonly reason: Ended["reason"] | "tool_use";
  readonly sequence: string | null;
}

function think(body: JsonObject, dice: Dice): JsonObject {
  const { thinking } = body;
  const isShown = !isJsonObject(thinking) || thinking["display"] !== "omitted";
  const signature = Buffer.from(`emulator:${dice.roll(1_000_000)}`).toString("base64");
  const text = `The question is “${lastQuestion(body).slice(0, 40)}”. I add two numbers.`;
  return { type: "thinking", thinking: isShown ? text : "", signature };
}

/** A tool is called only where the request leaves no choice, so that a test knows what it gets. */
function forcedReply(body: JsonObject, dice: Dice): ReplyParts | null {
  const choice = body["tool_choice"];
  if (!isJsonObject(choice)) return null;
  const offered = objectsOf(body["tools"]).filter((tool) => isJsonObject(tool["input_schema"]));
  const { type, name } = choice;
  const tool = type === "any" ? offered[0] : offered.find((item) => item["name"] === name);
  const schema = tool?.["input_schema"];
  if (tool === undefined || !["any", "tool"].includes(shown(type)) || !isJsonObject(schema)) {
    return null;
  }
  const call = {
    type: "tool_use",
    id: newId("toolu_"),
    name: tool["name"] ?? "",
    input: sampleOf(schema, schema, dice),
  };
  return { content: [call], reason: "tool_use", sequence: null };
}

function textReply(body: JsonObject, dice: Dice, minCharacters: number): ReplyParts {
  const ended = endText(
    contentFor(body, dice, minCharacters),
    stringsOf(body["stop_sequences"]),
    numberOf(body["max_tokens"], Number.POSITIVE_INFINITY),
  );
  const content = ended.text === "" ? [] : [{ type: "text", text: ended.text, citations: null }];
  return { content, reason: ended.reason, sequence: ended.sequence };
}

function contentFor(body: JsonObject, dice: Dice, minCharacters: number): string {
  const config = body["output_config"];
  const format = isJsonObject(config) ? config["format"] : undefined;
  const schema = isJsonObject(format) ? format["schema"] : undefined;
  if (isJsonObject(schema)) return JSON.stringify(sampleOf(schema, schema, dice));
  return replyText(lastQuestion(body), dice, minCharacters);
}

function usageOf(body: JsonObject, content: readonly JsonObject[], tier: string): JsonObject {
  let output = 3;
  for (const { text, thinking, input } of content) {
    output += countTokens(textOf(text ?? thinking));
    if (input !== undefined) output += countTokens(JSON.stringify(input)) + 8;
  }
  return {
    input_tokens: inputTokens(body),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    server_tool_use: null,
    service_tier: tier,
    inference_geo: "not_available",
  };
}

const TOKENS_OF_MEDIA = 1_500;

function inputTokens(body: JsonObject): number {
  let tokens = 3 + countTokens(textOf(body["system"]));
  for (const message of objectsOf(body["messages"])) {
    tokens += 4 + countTokens(textOf(message["content"]));
    for (const { type } of objectsOf(message["content"])) {
      if (type === "image" || type === "document") tokens += TOKENS_OF_MEDIA;
    }
  }
  return tokens + (body["tools"] === undefined ? 0 : countTokens(JSON.stringify(body["tools"])));
}

function lastQuestion(body: JsonObject): string {
  const asked = objectsOf(body["messages"]).findLast((message) => message["role"] === "user");
  return textOf(asked?.["content"]);
}

/** The text of a content, whether it is a string or blocks. */
function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  const texts = objectsOf(content).map((block) => block["text"]);
  return texts.filter((text) => typeof text === "string").join("\n");
}

function checkFiles(body: JsonObject, context: AnswerContext): void {
  for (const message of objectsOf(body["messages"])) {
    for (const block of objectsOf(message["content"])) {
      const source = isJsonObject(block["source"]) ? block["source"] : block;
      const id = source["file_id"];
      if (typeof id === "string" && !context.hasFile(id)) {
        throw new ApiError(404, `File not found: ${id}`);
      }
    }
  }
}

function stringsOf(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === "string") : [];
}
