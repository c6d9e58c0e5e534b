import type { ChatFieldNames } from "../../core/chat-fields.ts";
import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { ChatResponse } from "../../core/chat-response.ts";
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
  readString,
  toObject,
  toText,
} from "../fields.ts";
import { arrayIn, stringIn } from "../open-values.ts";
import { MISTRAL_MARKS, parseMistralPrompt, writeMistralPrompt } from "./mistral-prompt.ts";
import { parseStopWord, toAnswer, toResponse, writeStopWord } from "./prompt-answer.ts";
import { promptStream } from "./prompt-stream.ts";
import { promptSupport } from "./prompt-support.ts";
import { toMessages, toPrompt } from "./prompt.ts";
import { clampSampling } from "./sampling.ts";

const RULES = { name: "Mistral's prompt", marks: MISTRAL_MARKS, beginsWithUser: true };

const fieldNames: ChatFieldNames = {
  maxTokens: "max_tokens",
  stop: "stop",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
export const mistral: ChatCodec = {
  name: "bedrock.mistral",
  family: "bedrock",
  support: promptSupport({ topK: "kept" }),
  fieldNames,
  parseRequest,
  writeRequest,
  parseResponse,
  writeResponse,
  stream: promptStream({
    toBody: (chunk) => (arrayIn(chunk, "outputs").length > 0 ? chunk : null),
    parseResponse,
  }),
};

function parseRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const at = childPath(ROOT, "prompt");
  const stopAt = childPath(ROOT, "stop");
  return {
    family: "bedrock",
    model: null,
    messages: toMessages(parseMistralPrompt(readString(body, "prompt", ROOT), at), at),
    extras,
    maxTokens: readOptionalInteger(body, "max_tokens", ROOT),
    stop: readOptionalArray(body, "stop", ROOT)?.map((text, index) =>
      toText(text, childPath(stopAt, index)),
    ),
    temperature: readOptionalNumber(body, "temperature", ROOT),
    topP: readOptionalNumber(body, "top_p", ROOT),
    topK: readOptionalInteger(body, "top_k", ROOT),
  };
}

const readExtras = createExtrasReader("prompt max_tokens stop temperature top_p top_k");

function writeRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const { temperature, topP } = clampSampling(request, context);
  const { stop } = request;
  return {
    prompt: writeMistralPrompt(toPrompt(request, RULES, context)),
    max_tokens: request.maxTokens,
    stop: stop === undefined || stop.length === 0 ? undefined : stop,
    temperature,
    top_p: topP,
    top_k: request.topK,
  };
}

function parseResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readAnswerExtras(body, ROOT, extras);
  const outputsAt = childPath(ROOT, "outputs");
  const at = childPath(outputsAt, 0);
  const output = toObject(readArray(body, "outputs", ROOT)[0], at);
  readOutputExtras(output, at, extras);
  return toResponse({
    text: readString(output, "text", at),
    at,
    finish: parseStopWord(stringIn(output, "stop_reason")),
    usage: null,
    extras,
  });
}

const readAnswerExtras = createExtrasReader("outputs");
const readOutputExtras = createExtrasReader("text stop_reason");

function writeResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const answer = toAnswer(response, context);
  return { outputs: [{ text: answer.text, stop_reason: writeStopWord(answer) }] };
}
