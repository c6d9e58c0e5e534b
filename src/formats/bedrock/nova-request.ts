import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import {
  createExtrasReader,
  readOptionalArray,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  toText,
} from "../fields.ts";
import { toConversation } from "../turns.ts";
import { unlessEmpty } from "./converse-settings.ts";
import { JSON_INSTRUCTION, planOutput } from "./json-output.ts";
import { withInstruction, writeMessages, writeSystem } from "./message-writer.ts";
import { parseMessages } from "./messages.ts";
import { describeModel } from "./model-family.ts";
import { parseReasoningConfig } from "./model-fields.ts";
import { isNova2 } from "./model-limits.ts";
import {
  type WrittenReasoning,
  wantedEffort,
  writeNovaReasoning,
  writeSampling,
} from "./settings-writer.ts";
import { writeToolConfig } from "./tool-config-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { parseToolConfig } from "./tools.ts";
import type { WriteScope } from "./write-scope.ts";

/** Nova's own body: https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html */
export function parseNovaRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const scope = { extras, toolNames: new Map<string, string>(), isAnswer: false };
  const tools = parseToolConfig(body, scope);
  return {
    family: "bedrock",
    model: null,
    messages: parseMessages(body, scope),
    extras,
    ...parseConfig(body, extras),
    tools: tools.tools,
    toolChoice: tools.toolChoice,
  };
}

const readExtras = createExtrasReader(`
  schemaVersion system messages inferenceConfig toolConfig reasoningConfig
`);

type Config = Pick<
  ChatRequest,
  "maxTokens" | "temperature" | "topP" | "topK" | "stop" | "reasoning"
>;

/** The names with underscores are those of Nova's first days, which are still taken. */
function parseConfig(body: JsonObject, extras: Extra[]): Config {
  const config = readOptionalObject(body, "inferenceConfig", ROOT) ?? {};
  const at = childPath(ROOT, "inferenceConfig");
  readConfigExtras(config, at, extras);
  const stopAt = childPath(at, "stopSequences");
  return {
    maxTokens:
      readOptionalInteger(config, "maxTokens", at) ??
      readOptionalInteger(config, "max_new_tokens", at),
    temperature: readOptionalNumber(config, "temperature", at),
    topP: readOptionalNumber(config, "topP", at) ?? readOptionalNumber(config, "top_p", at),
    topK: readOptionalInteger(config, "topK", at) ?? readOptionalInteger(config, "top_k", at),
    stop: readOptionalArray(config, "stopSequences", at)?.map((text: Json, index: number) =>
      toText(text, childPath(stopAt, index)),
    ),
    reasoning: parseReasoningConfig(config, at, extras) ?? parseReasoningConfig(body, ROOT, extras),
  };
}

const readConfigExtras = createExtrasReader(`
  maxTokens max_new_tokens temperature topP top_p topK top_k
  stopSequences reasoningConfig
`);

export function writeNovaRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const isOwn = request.family === "bedrock";
  const scope: WriteScope = {
    context,
    model: describeModel(context.model),
    isOwn,
    body: "nova",
    documentNames: new Map(),
    ownBlocks: new Map(),
    cachePoints: { left: 4 },
  };
  const conversation = toConversation(request.messages, { keepsSystemInPlace: false, context });
  const ways = { takesSchema: false, takesForcedTool: true };
  const output = planOutput(request, ways, context);
  const instruction = output.kind === "instruction" ? JSON_INSTRUCTION : undefined;
  const system = writeSystem(withInstruction(conversation.system, instruction), scope);
  return {
    system: system.length === 0 ? undefined : system,
    messages: writeMessages(conversation, scope),
    inferenceConfig: writeConfig(request, scope),
    toolConfig: writeToolConfig(writeTools(request, output, scope), conversation, scope),
  };
}

function writeConfig(request: ChatRequest, scope: WriteScope): JsonObject | undefined {
  const reasoning = writeReasoning(request, scope);
  const stop = request.stop?.filter((text) => text !== "");
  return unlessEmpty({
    maxTokens: reasoning.isUnlimited ? undefined : request.maxTokens,
    ...writeSampling(request, scope),
    topK: request.topK,
    stopSequences: stop === undefined || stop.length === 0 ? undefined : stop,
    ...reasoning.fields,
  });
}

function writeReasoning(request: ChatRequest, scope: WriteScope): WrittenReasoning {
  const { context, model, isOwn } = scope;
  if (isNova2(model) || (isOwn && model.family === null)) {
    return writeNovaReasoning(request, context);
  }
  const wanted = wantedEffort(request);
  if (wanted !== undefined && wanted !== "none") {
    context.warn("reasoning", "only Nova 2 thinks when it's asked to");
  }
  return { fields: {}, isUnlimited: false };
}
