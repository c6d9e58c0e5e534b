import type { ChatFieldNames } from "../../core/chat-fields.ts";
import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Finish, FinishReason } from "../../core/chat-response.ts";
import type { ChatCodec } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import {
  createExtrasReader,
  readArray,
  readOptionalArray,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  readString,
  toObject,
  toText,
} from "../fields.ts";
import { countIn, stringIn } from "../open-values.ts";
import { unlessEmpty } from "./converse-settings.ts";
import { toAnswer, toResponse, toUsage } from "./prompt-answer.ts";
import { promptStream } from "./prompt-stream.ts";
import { promptSupport } from "./prompt-support.ts";
import { toMessages, toPrompt } from "./prompt.ts";
import { clampSampling } from "./sampling.ts";
import { parseTitanPrompt, TITAN_MARKS, writeTitanPrompt } from "./titan-prompt.ts";

const RULES = { name: "Titan's prompt", marks: TITAN_MARKS, beginsWithUser: true };

const fieldNames: ChatFieldNames = {
  maxTokens: "textGenerationConfig.maxTokenCount",
  stop: "textGenerationConfig.stopSequences",
  temperature: "textGenerationConfig.temperature",
  topP: "textGenerationConfig.topP",
};

/** Titan Text: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
export const titan: ChatCodec = {
  name: "bedrock.titan",
  family: "bedrock",
  support: promptSupport({}),
  fieldNames,
  parseRequest,
  writeRequest,
  parseResponse,
  writeResponse,
  stream: promptStream({ toBody, parseResponse }),
};

function parseRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const at = childPath(ROOT, "inputText");
  const configAt = childPath(ROOT, "textGenerationConfig");
  const config = readOptionalObject(body, "textGenerationConfig", ROOT) ?? {};
  readConfigExtras(config, configAt, extras);
  const stopAt = childPath(configAt, "stopSequences");
  return {
    family: "bedrock",
    model: null,
    messages: toMessages(parseTitanPrompt(readString(body, "inputText", ROOT)), at),
    extras,
    maxTokens: readOptionalInteger(config, "maxTokenCount", configAt),
    stop: readOptionalArray(config, "stopSequences", configAt)?.map((text, index) =>
      toText(text, childPath(stopAt, index)),
    ),
    temperature: readOptionalNumber(config, "temperature", configAt),
    topP: readOptionalNumber(config, "topP", configAt),
  };
}

const readExtras = createExtrasReader("inputText textGenerationConfig");
const readConfigExtras = createExtrasReader("maxTokenCount stopSequences temperature topP");

function writeRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const { stop } = request;
  return {
    inputText: writeTitanPrompt(toPrompt(request, RULES, context)),
    textGenerationConfig: unlessEmpty({
      ...clampSampling(request, context),
      maxTokenCount: request.maxTokens,
      stopSequences: stop === undefined || stop.length === 0 ? undefined : stop,
    }),
  };
}

function parseResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readAnswerExtras(body, ROOT, extras);
  const at = childPath(childPath(ROOT, "results"), 0);
  const result = toObject(readArray(body, "results", ROOT)[0], at);
  readResultExtras(result, at, extras);
  return toResponse({
    text: readString(result, "outputText", at),
    at,
    finish: parseReason(stringIn(result, "completionReason")),
    usage: toUsage(countIn(body, "inputTextTokenCount"), countIn(result, "tokenCount")),
    extras,
  });
}

/** A chunk has no list of results, and its counts have names of their own. */
function toBody(chunk: JsonObject): JsonObject | null {
  const { outputText, completionReason, totalOutputTextTokenCount, inputTextTokenCount } = chunk;
  if (typeof outputText !== "string") return null;
  return {
    inputTextTokenCount,
    results: [{ outputText, completionReason, tokenCount: totalOutputTextTokenCount }],
  };
}

const readAnswerExtras = createExtrasReader("inputTextTokenCount results");
const readResultExtras = createExtrasReader("tokenCount outputText completionReason");

function parseReason(native: string | undefined): Finish {
  return { reason: REASONS.get(native ?? "") ?? "other", native: native ?? null };
}

const REASONS: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ["FINISH", "stop"],
  ["FINISHED", "stop"],
  ["LENGTH", "length"],
  ["STOP_CRITERIA_MET", "stop_sequence"],
  ["CONTENT_FILTERED", "content_filter"],
]);

function writeResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const { text, reason, native } = toAnswer(response, context);
  return {
    inputTextTokenCount: response.usage?.inputTokens ?? 0,
    results: [
      {
        tokenCount: response.usage?.outputTokens ?? 0,
        outputText: text,
        completionReason: reason === "other" && native !== null ? native : WORDS[reason],
      },
    ],
  };
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "FINISH",
  stop_sequence: "STOP_CRITERIA_MET",
  length: "LENGTH",
  context_window: "LENGTH",
  tool_calls: "FINISH",
  content_filter: "CONTENT_FILTERED",
  refusal: "CONTENT_FILTERED",
  pause: "FINISH",
  malformed_tool_call: "FINISH",
  other: "FINISH",
};
