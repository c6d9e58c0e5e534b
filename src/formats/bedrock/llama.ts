import type { ChatFieldNames } from "../../core/chat-fields.ts";
import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { ChatResponse } from "../../core/chat-response.ts";
import type { ChatCodec } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import {
  createExtrasReader,
  readOptionalInteger,
  readOptionalNumber,
  readString,
} from "../fields.ts";
import { countIn, stringIn } from "../open-values.ts";
import {
  LLAMA_3,
  LLAMA_4,
  LLAMA_MARKS,
  type LlamaTokens,
  parseLlamaPrompt,
  writeLlamaPrompt,
} from "./llama-prompt.ts";
import { parseStopWord, toAnswer, toResponse, toUsage, writeStopWord } from "./prompt-answer.ts";
import { clampSampling } from "./sampling.ts";
import { promptStream } from "./prompt-stream.ts";
import { promptSupport } from "./prompt-support.ts";
import { toMessages, toPrompt } from "./prompt.ts";

const RULES = { name: "Llama's prompt", marks: LLAMA_MARKS, beginsWithUser: false };

const fieldNames: ChatFieldNames = {
  maxTokens: "max_gen_len",
  temperature: "temperature",
  topP: "top_p",
};

/** Llama 3: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html */
export const llama: ChatCodec = createLlama("bedrock.llama", LLAMA_3);

/** Llama 4 marks its turns by other tokens, so its bodies are others. */
export const llama4: ChatCodec = createLlama("bedrock.llama4", LLAMA_4);

function createLlama(name: "bedrock.llama" | "bedrock.llama4", tokens: LlamaTokens): ChatCodec {
  return {
    name,
    family: "bedrock",
    support: promptSupport({ stop: "warned" }),
    fieldNames,
    parseRequest: (body) => parseRequest(body, tokens),
    writeRequest: (request, context) => ({
      prompt: writeLlamaPrompt(toPrompt(request, RULES, context), tokens),
      max_gen_len: request.maxTokens,
      ...writeSampling(request, context),
    }),
    parseResponse,
    writeResponse,
    stream: promptStream({
      toBody: (chunk) => (typeof chunk["generation"] === "string" ? chunk : null),
      parseResponse,
    }),
  };
}

function parseRequest(body: JsonObject, tokens: LlamaTokens): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const { images } = body;
  const imagesAt = childPath(ROOT, "images");
  if (images !== undefined && images !== null) {
    extras.push({ path: imagesAt, value: images, isEssential: true });
  }
  const at = childPath(ROOT, "prompt");
  return {
    family: "bedrock",
    model: null,
    messages: toMessages(parseLlamaPrompt(readString(body, "prompt", ROOT), at, tokens), at),
    extras,
    maxTokens: readOptionalInteger(body, "max_gen_len", ROOT),
    temperature: readOptionalNumber(body, "temperature", ROOT),
    topP: readOptionalNumber(body, "top_p", ROOT),
  };
}

const readExtras = createExtrasReader("prompt max_gen_len temperature top_p images");

function writeSampling(request: ChatRequest, context: WriteContext): JsonObject {
  const { temperature, topP } = clampSampling(request, context);
  return { temperature, top_p: topP };
}

function parseResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readAnswerExtras(body, ROOT, extras);
  return toResponse({
    text: readString(body, "generation", ROOT),
    at: childPath(ROOT, "generation"),
    finish: parseStopWord(stringIn(body, "stop_reason")),
    usage: toUsage(countIn(body, "prompt_token_count"), countIn(body, "generation_token_count")),
    extras,
  });
}

const readAnswerExtras = createExtrasReader(`
  generation prompt_token_count generation_token_count stop_reason
`);

function writeResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const answer = toAnswer(response, context);
  return {
    generation: answer.text,
    prompt_token_count: response.usage?.inputTokens,
    generation_token_count: response.usage?.outputTokens,
    stop_reason: writeStopWord(answer),
  };
}
