import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { ChatResponse } from "../../../src/core/chat-response.ts";
import type { AssistantPart, UserPart } from "../../../src/core/content.ts";
import type { BodyFormat, ChatCodec, EmbeddingCodec } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";
import { createBedrockFormat } from "../../../src/formats/bedrock/bedrock.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { specProblem } from "../../support/specs.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { printed } from "../openai/translated.ts";

export const bedrock = createBedrockFormat({ claude: anthropicMessages, openaiChat });

export const MODELS = {
  claude: "anthropic.claude-sonnet-4-5-20250929-v1:0",
  claude3: "anthropic.claude-3-haiku-20240307-v1:0",
  opus: "us.anthropic.claude-opus-4-7",
  nova: "amazon.nova-lite-v1:0",
  nova2: "us.amazon.nova-2-lite-v1:0",
  llama: "meta.llama3-3-70b-instruct-v1:0",
  llama4: "us.meta.llama4-scout-17b-instruct-v1:0",
  mistral: "mistral.mistral-7b-instruct-v0:2",
  mistralLarge: "mistral.mistral-large-2407-v1:0",
  ministral: "mistral.ministral-3-8b-instruct",
  titan: "amazon.titan-text-express-v1",
  gptOss: "openai.gpt-oss-120b-1:0",
  gpt: "us.openai.gpt-5.2",
  qwen: "qwen.qwen3-32b-v1:0",
  jamba: "ai21.jamba-1-5-large-v1:0",
  profile: "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
} as const;

function bodyOf(model: string, variant: string | null = null): BodyFormat {
  return bedrock.chooseBody({ endpoint: "chat", model, variant, sample: null });
}

/** The codec of a model's own bodies, or Converse's. */
export function chatCodec(model: string, variant: string | null = null): ChatCodec {
  const body = bodyOf(model, variant);
  if (body.kind === "chat") return body.codec;
  throw new Error(`${model} doesn't chat`);
}

export function embeddingCodec(model: string): EmbeddingCodec {
  const body = bedrock.chooseBody({ endpoint: "embeddings", model, variant: null, sample: null });
  if (body.kind === "embeddings") return body.codec;
  throw new Error(`${model} doesn't embed`);
}

export const converse = chatCodec(MODELS.nova, "Converse");

export interface Written {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

export interface WriteOptions {
  readonly model: string;
  readonly isBatch?: boolean;
}

/** As the mapper of lines writes a request. */
export function written(request: ChatRequest, codec: ChatCodec, options: WriteOptions): Written {
  const context = recordingContext({ isBatch: true, ...options });
  reportUnsaid(request, codec, context);
  return { body: printed(codec.writeRequest(request, context)), warnings: context.warnings };
}

/** A Converse body, held against AWS's own model of it. */
export function writtenConverse(request: ChatRequest, options: WriteOptions): Written {
  const result = written(request, converse, options);
  const problem = specProblem("bedrock", "ConverseRequest", result.body);
  if (problem !== null) throw new Error(problem);
  return result;
}

export function writtenAnswer(response: ChatResponse, codec: ChatCodec): Written {
  const context = recordingContext({ model: MODELS.nova });
  return { body: printed(codec.writeResponse(response, context)), warnings: context.warnings };
}

export function user(...parts: readonly (string | UserPart)[]): Message {
  return { kind: "user", at: ROOT, parts: parts.map(toPart) };
}

export function assistant(...parts: readonly (string | AssistantPart)[]): Message {
  return { kind: "assistant", at: ROOT, parts: parts.map(toPart) };
}

export function system(...texts: readonly string[]): Message {
  const parts = texts.map((text) => ({ kind: "text", text, at: ROOT }) as const);
  return { kind: "system", role: "system", at: ROOT, parts };
}

function toPart<Part>(part: string | Part): Part | { kind: "text"; text: string; at: typeof ROOT } {
  return typeof part === "string" ? { kind: "text", text: part, at: ROOT } : part;
}

export function chat(messages: readonly Message[], fields: Partial<ChatRequest> = {}): ChatRequest {
  return { family: "openai", model: null, messages, extras: [], ...fields };
}
