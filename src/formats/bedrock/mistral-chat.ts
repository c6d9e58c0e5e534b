import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatRequest, Message } from "../../core/chat-request.ts";
import type { ChatResponse } from "../../core/chat-response.ts";
import type { ChatStreamCodec, StreamParser } from "../../core/chat-stream.ts";
import type { AssistantPart, Part } from "../../core/content.ts";
import type { ChatCodec } from "../../core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { eventData } from "../stream-events.ts";
import { JSON_INSTRUCTION, planOutput } from "./json-output.ts";
import { describeModel } from "./model-family.ts";
import { isMistralLarge2, takesSchema } from "./model-limits.ts";
import { clampSampling } from "./sampling.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "partly",
    parallelToolCalls: "warned",
    responseFormat: "partly",
    maxTokens: "kept",
    stop: "warned",
    temperature: "partly",
    topP: "partly",
    topK: "warned",
    seed: "warned",
    presencePenalty: "warned",
    frequencyPenalty: "warned",
    choiceCount: "refused",
    logprobs: "warned",
    topLogprobs: "warned",
    logitBias: "warned",
    reasoning: "warned",
    verbosity: "warned",
    cache: "ignored",
    promptCacheKey: "ignored",
    user: "warned",
    metadata: "warned",
    store: "warned",
    serviceTier: "ignored",
  },
  parts: {
    text: "kept",
    image: "partly",
    document: "partly",
    audio: "refused",
    video: "refused",
    refusal: "emulated",
    reasoning: "warned",
    redacted_reasoning: "warned",
    tool_call: "partly",
    tool_result: "kept",
    json: "emulated",
    native: "refused",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "tools",
  toolChoice: "tool_choice",
  responseFormat: "response_format",
  maxTokens: "max_tokens",
  temperature: "temperature",
  topP: "top_p",
};

/**
 * Mistral's chat bodies are OpenAI's but for some words, so OpenAI's codec reads and writes them:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
 */
export function createMistralChat(openaiChat: ChatCodec): ChatCodec {
  return {
    name: "bedrock.mistral_chat",
    family: "bedrock",
    support,
    fieldNames,
    parseRequest: (body) => ({
      ...openaiChat.parseRequest(toOpenAIRequest(body)),
      family: "bedrock",
      model: null,
    }),
    writeRequest: (request, context) => writeRequest(request, context, openaiChat),
    parseResponse: (body) => parseResponse(body, openaiChat),
    writeResponse: (response, context) =>
      toMistralResponse(openaiChat.writeResponse(response, context)),
    ...(openaiChat.stream === undefined ? {} : { stream: mistralStream(openaiChat.stream) }),
  };
}

function toOpenAIRequest(body: JsonObject): JsonObject {
  return body["tool_choice"] === "any" ? { ...body, tool_choice: "required" } : body;
}

function writeRequest(
  request: ChatRequest,
  context: WriteContext,
  openaiChat: ChatCodec,
): JsonObject {
  const model = describeModel(context.model);
  // OpenAI's codec would write what OpenAI alone takes.
  if (request.family !== "bedrock") refuseForeign(request, context);
  const hasFormat = request.family === "bedrock" || takesSchema(model);
  const { temperature, topP } = clampSampling(request, context);
  const written = openaiChat.writeRequest(
    {
      family: "bedrock",
      model: null,
      messages: [
        ...(hasFormat ? [] : jsonWord(request, context)),
        ...request.messages.map((message) => writeMessage(message, model.name, context)),
      ],
      extras: [],
      tools: chosenTools(request, context),
      responseFormat: hasFormat ? request.responseFormat : undefined,
    },
    context,
  );
  return {
    messages: written["messages"],
    tools: written["tools"],
    tool_choice: writeToolChoice(request.toolChoice),
    response_format: written["response_format"],
    max_tokens: request.maxTokens,
    temperature,
    top_p: topP,
  };
}

function refuseForeign({ messages, tools }: ChatRequest, context: WriteContext): void {
  for (const { parts } of messages) for (const part of parts) refuseForeignPart(part, context);
  const tool = tools?.find(({ kind }) => kind !== "function");
  if (tool !== undefined) throw context.untranslatable(tool.at, "Mistral's tools are functions");
}

function refuseForeignPart(part: Part, context: WriteContext): void {
  const isForeign =
    part.kind === "audio" ||
    part.kind === "native" ||
    // A plain text is said in the message itself.
    (part.kind === "document" && part.source.kind !== "text") ||
    (part.kind === "tool_call" && part.input.kind === "free_text");
  if (isForeign) throw context.untranslatable(part.at, "Mistral takes text, images and functions");
}

/** What the older models are told in words. */
function jsonWord(request: ChatRequest, context: WriteContext): Message[] {
  const output = planOutput(request, { takesSchema: false, takesForcedTool: false }, context);
  if (output.kind !== "instruction") return [];
  const part = { kind: "text", text: JSON_INSTRUCTION, at: ROOT } as const;
  return [{ kind: "system", role: "system", at: ROOT, parts: [part] }];
}

/** Naming a tool, or some, is done by showing the model no others. */
function chosenTools(
  { tools, toolChoice }: ChatRequest,
  context: WriteContext,
): readonly ToolDefinition[] | undefined {
  if (toolChoice?.kind !== "named" && toolChoice?.kind !== "allowed") return tools;
  const names = new Set(toolChoice.kind === "named" ? [toolChoice.name] : toolChoice.names);
  const chosen = tools?.filter((tool) => names.has(tool.name)) ?? [];
  if (chosen.length > 0) return chosen;
  throw context.untranslatable("toolChoice", "the tool is not defined");
}

function writeToolChoice(choice: ToolChoice | undefined): "auto" | "any" | "none" | undefined {
  switch (choice?.kind) {
    case undefined:
      return undefined;
    case "auto":
    case "none":
      return choice.kind;
    case "required":
    case "named":
      return "any";
    case "allowed":
      return choice.mode === "auto" ? "auto" : "any";
  }
}

/** What is left of a message: no role but the four, no thinking, no words of refusal beside the text. */
function writeMessage(message: Message, model: string, context: WriteContext): Message {
  switch (message.kind) {
    case "system":
      return { ...message, role: "system" };
    case "user":
      if (isMistralLarge2(model) && !model.includes("pixtral")) {
        const image = message.parts.find((part) => part.kind === "image");
        if (image !== undefined) {
          throw context.untranslatable(image.at, "Mistral Large takes no images");
        }
      }
      return message;
    case "assistant":
      return { ...message, parts: message.parts.map(asText) };
    case "tool":
      return message;
  }
}

function asText(part: AssistantPart): AssistantPart {
  return part.kind === "refusal" ? { kind: "text", text: part.text, at: part.at } : part;
}

function parseResponse(body: JsonObject, openaiChat: ChatCodec): ChatResponse {
  const response = openaiChat.parseResponse(mapChoices(body, "stop_reason", "finish_reason"));
  return { ...response, family: "bedrock" };
}

/** Chunks hold messages where OpenAI's hold deltas, or deltas, depending on the model. */
function mistralStream(openai: ChatStreamCodec): ChatStreamCodec {
  return {
    createParser() {
      const parse = openai.createParser?.() ?? NO_EVENTS;
      return (event) => {
        const chunk = mapChoices(eventData(event), "stop_reason", "finish_reason");
        const data = printJson(mapChoices(chunk, "message", "delta"));
        return parse({ ...event, data }).map((delta) =>
          delta.kind === "start" ? { ...delta, family: "bedrock" } : delta,
        );
      };
    },
  };
}

const NO_EVENTS: StreamParser = () => [];

function toMistralResponse(body: JsonObject): JsonObject {
  return mapChoices(body, "finish_reason", "stop_reason");
}

/** Each choice with a member under another name. */
function mapChoices(body: JsonObject, from: string, to: string): JsonObject {
  const { choices } = body;
  if (!isJsonArray(choices)) return body;
  return { ...body, choices: choices.map((choice) => renamed(choice, from, to)) };
}

function renamed(choice: Json, from: string, to: string): Json {
  if (!isJsonObject(choice) || choice[from] === undefined) return choice;
  const { [from]: value, ...rest } = choice;
  return { ...rest, [to]: value };
}
