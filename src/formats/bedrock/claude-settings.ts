import type { ChatRequest, Message } from "../../core/chat-request.ts";
import type { AssistantPart, TextPart, ToolResultPart } from "../../core/content.ts";
import type { ChatCodec } from "../../core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { JSON_OUTPUT_TOOL, type ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray, toObject } from "../fields.ts";
import { arrayIn, objectIn, stringIn } from "../open-values.ts";
import type { Conversation, Turn } from "../turns.ts";
import { addCachePoint } from "./content-writer.ts";
import { type ConverseSettings, unlessEmpty, type WrittenTools } from "./converse-settings.ts";
import { writeTextFormat } from "./text-format.ts";
import { checkToolName } from "./tool-names.ts";
import type { WriteScope } from "./write-scope.ts";

export interface ClaudeSource {
  readonly request: ChatRequest;
  readonly conversation: Conversation;
  /** Claude's own body, whose rules by model hold here too. */
  readonly claude: ChatCodec;
}

/**
 * What Claude's own body would say, in Converse's places: limits, thinking, effort, sampling and tools hang together by the model,
 * and Anthropic's codec knows how.
 */
export function writeClaudeSettings(
  { request, conversation, claude }: ClaudeSource,
  scope: WriteScope,
): ConverseSettings {
  const body = claude.writeRequest(withoutMedia(request, conversation), scope.context);
  const outputConfig = objectIn(body, "output_config") ?? {};
  const schema = objectIn(objectIn(outputConfig, "format") ?? {}, "schema");
  const choice = objectIn(body, "tool_choice");
  const isSingle = choice?.["disable_parallel_tool_use"] === true;
  return {
    inferenceConfig: unlessEmpty({
      maxTokens: request.maxTokens === undefined ? undefined : body["max_tokens"],
      temperature: body["temperature"],
      topP: body["top_p"],
      stopSequences: body["stop_sequences"],
    }),
    tools: writeTools(body, request, scope),
    outputConfig: unlessEmpty({
      textFormat: schema === undefined ? undefined : writeTextFormat(schema, request),
      effort: stringIn(outputConfig, "effort"),
    }),
    modelFields: unlessEmpty({
      top_k: body["top_k"],
      thinking: body["thinking"],
      tool_choice: isSingle ? choice : undefined,
    }),
    instruction: textOf(body["system"]),
  };
}

/**
 * The request as far as it bears on the settings: what was said doesn't, but for who spoke last and whether calls were thought
 * over. Speakers, and parts that only Converse knows, are left to the writer of the messages.
 */
function withoutMedia(request: ChatRequest, { turns }: Conversation): ChatRequest {
  const messages = turns.flatMap(outlineOf);
  return {
    ...request,
    messages: messages.length === 0 ? [outlined(ROOT)] : messages,
    extras: [],
    tools: request.tools?.filter((tool) => !isOwnTool(tool)),
    cache: undefined,
    user: undefined,
    serviceTier: undefined,
    // Claude's own body has to have a limit, Converse has a default.
    maxTokens: request.maxTokens ?? NO_LIMIT,
  };
}

const NO_LIMIT = 1_000_000;

function isOwnTool(tool: ToolDefinition): boolean {
  return tool.kind === "native" && tool.family === "bedrock";
}

function outlineOf(turn: Turn): Message[] {
  const { kind, at } = turn;
  if (kind === "system") return [];
  if (kind === "assistant") return [{ kind, at, parts: turn.parts.flatMap(outlinePart) }];
  const results = turn.parts.filter((part) => part.kind === "tool_result");
  const isSaid = results.length < turn.parts.length;
  return [
    ...(results.length === 0 ? [] : [{ kind: "tool", at, parts: results.map(emptied) } as const]),
    ...(isSaid ? [outlined(at)] : []),
  ];
}

function emptied(part: ToolResultPart): ToolResultPart {
  return { ...part, content: [], cache: undefined };
}

function outlined(at: JsonPath): Message {
  return { kind: "user", at, parts: [dot(at)] };
}

function dot(at: JsonPath): TextPart {
  return { kind: "text", text: ".", at };
}

function outlinePart(part: AssistantPart): AssistantPart[] {
  const { at } = part;
  switch (part.kind) {
    case "tool_call":
      return [{ ...part, input: { kind: "object", value: {} }, cache: undefined }];
    case "reasoning": {
      const { signature } = part;
      return signature?.family === "anthropic"
        ? [{ kind: "reasoning", text: ".", at, signature }]
        : [];
    }
    case "redacted_reasoning":
      if (part.data.family !== "bedrock") return [];
      return [{ kind: "redacted_reasoning", at, data: { family: "anthropic", value: "." } }];
    case "text":
    case "refusal":
    case "image":
    case "document":
    case "audio":
    case "video":
    case "native":
      return [dot(at)];
  }
}

function writeTools(body: JsonObject, request: ChatRequest, scope: WriteScope): WrittenTools {
  const { context } = scope;
  const specs: JsonObject[] = [];
  let isForJson = false;
  for (const value of arrayIn(body, "tools")) {
    const tool = isJsonObject(value) ? value : {};
    isForJson ||= tool["name"] === JSON_OUTPUT_TOOL;
    specs.push(writeSpec(tool, context));
    if (tool["cache_control"] !== undefined) addCachePoint(specs, cacheOf(tool), scope);
  }
  for (const tool of request.tools ?? []) {
    if (tool.kind === "native" && tool.family === "bedrock") {
      specs.push(toObject(tool.value, tool.at));
    }
  }
  return { specs, choice: writeChoice(objectIn(body, "tool_choice")), isForJson };
}

function cacheOf(tool: JsonObject): { readonly ttl: "5m" | "1h" | null } {
  const ttl = objectIn(tool, "cache_control")?.["ttl"];
  return { ttl: ttl === "1h" || ttl === "5m" ? ttl : null };
}

function writeSpec(tool: JsonObject, context: WriteContext): JsonObject {
  const name = stringIn(tool, "name") ?? "";
  const schema = objectIn(tool, "input_schema");
  if (schema === undefined) {
    throw context.untranslatable("tools", `Converse has no tool "${name.slice(0, 80)}"`);
  }
  checkToolName({ name, at: childPath(ROOT, "tools") }, context);
  const description = stringIn(tool, "description");
  return {
    toolSpec: {
      name,
      description: description === "" ? undefined : description,
      inputSchema: { json: schema },
      strict: tool["strict"],
    },
  };
}

/** Claude's own word, which goes into its own fields, says more where calls may not be parallel. */
function writeChoice(choice: JsonObject | undefined): WrittenTools["choice"] {
  if (choice === undefined) return undefined;
  if (choice["type"] === "none") return "none";
  if (choice["disable_parallel_tool_use"] === true) return undefined;
  if (choice["type"] === "tool") return { tool: { name: choice["name"] } };
  return choice["type"] === "any" ? { any: {} } : { auto: {} };
}

function textOf(system: Json | undefined): string | undefined {
  if (typeof system === "string") return system;
  if (!isJsonArray(system)) return undefined;
  return system
    .map((block) => (isJsonObject(block) ? (stringIn(block, "text") ?? "") : ""))
    .join("\n");
}
