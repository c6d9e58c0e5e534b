import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { ChatCodec } from "../../core/format.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { type JsonPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray } from "../fields.ts";
import { type Conversation, toConversation } from "../turns.ts";
import { writeClaudeSettings } from "./claude-settings.ts";
import { addCachePoint } from "./content-writer.ts";
import { unlessEmpty } from "./converse-settings.ts";
import { withInstruction, writeMessages, writeSystem } from "./message-writer.ts";
import { describeModel } from "./model-family.ts";
import { takesSystem } from "./model-limits.ts";
import { isOwnMember, isModelField, ownBlocksOf } from "./own-extras.ts";
import { writeMetadata } from "./request-metadata.ts";
import { writeServiceTier } from "./service-tier.ts";
import { writeSettings } from "./settings-writer.ts";
import { writeToolConfig } from "./tool-config-writer.ts";
import type { WriteScope } from "./write-scope.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html; the URL or the job names the model. */
export function createConverseWriter(
  claude: ChatCodec,
): (request: ChatRequest, context: WriteContext) => JsonObject {
  return (request, context) => {
    const isOwn = request.family === "bedrock";
    const scope: WriteScope = {
      context,
      model: describeModel(context.model),
      isOwn,
      body: "converse",
      documentNames: new Map(),
      ownBlocks: ownBlocksOf(request),
      cachePoints: { left: MAX_CACHE_POINTS },
    };
    const { messages } = request;
    const conversation = toConversation(messages, { keepsSystemInPlace: isOwn, context });
    const settings =
      scope.model.family === "claude"
        ? writeClaudeSettings({ request, conversation, claude }, scope)
        : writeSettings(request, scope);
    const placed = placeSystem(conversation, settings.instruction, scope);
    const system = writeSystem(placed.system, scope);
    const body: JsonObject = {
      system: system.length === 0 ? undefined : system,
      messages: withLastCachePoint(writeMessages(placed, scope), request, scope),
      inferenceConfig: settings.inferenceConfig,
      toolConfig: writeToolConfig(settings.tools, conversation, scope),
      outputConfig: settings.outputConfig,
      additionalModelRequestFields: settings.modelFields,
      requestMetadata: writeMetadata(request, context),
      serviceTier: writeServiceTier(request, context),
    };
    return isOwn && request.extras.length > 0 ? withOwnExtras(body, request.extras) : body;
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
const MAX_CACHE_POINTS = 4;

/** With a word on how to answer; before what the user says where the model takes no system text. */
function placeSystem(
  conversation: Conversation,
  instruction: string | undefined,
  { model }: WriteScope,
): Conversation {
  const system = withInstruction(conversation.system, instruction);
  if (system.length === 0 || takesSystem(model)) return { ...conversation, system };
  const [first, ...rest] = conversation.turns;
  if (first?.kind === "user") {
    return { system: [], turns: [{ ...first, parts: [...system, ...first.parts] }, ...rest] };
  }
  return { system: [], turns: [{ kind: "user", at: ROOT, parts: system }, ...conversation.turns] };
}

/** Automatic caching: the last place that can be marked is. */
function withLastCachePoint(
  messages: JsonObject[],
  request: ChatRequest,
  scope: WriteScope,
): JsonObject[] {
  const last = messages.at(-1);
  const content = last?.["content"];
  if (request.cache === undefined || last === undefined || !isJsonArray(content)) return messages;
  const marks: JsonObject[] = [];
  addCachePoint(marks, request.cache, scope);
  return [...messages.slice(0, -1), { ...last, content: [...content, ...marks] }];
}

/** Members of Converse, and fields of the model, that the hub has no word for. */
function withOwnExtras(body: JsonObject, extras: readonly Extra[]): JsonObject {
  const members = extras.filter(isOwnMember).map(({ path, value }) => [path.key, value] as const);
  const fields = extras.filter(isModelField);
  const written = body["additionalModelRequestFields"];
  return {
    ...body,
    ...Object.fromEntries(members),
    additionalModelRequestFields: unlessEmpty(
      withFields(isJsonObject(written) ? written : {}, fields),
    ),
  };
}

function withFields(written: JsonObject, fields: readonly Extra[]): JsonObject {
  let result = written;
  for (const { path, value } of fields) result = withField(result, keysOf(path), value);
  return result;
}

function withField(object: JsonObject, keys: readonly string[], value: Extra["value"]): JsonObject {
  const [key, ...rest] = keys;
  if (key === undefined) return object;
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  const next = rest.length === 0 ? value : withField(isJsonObject(inner) ? inner : {}, rest, value);
  return { ...object, ...Object.fromEntries([[key, next]]) };
}

/** Below `additionalModelRequestFields`. */
function keysOf(path: JsonPath): string[] {
  const keys: string[] = [];
  for (let node = path; node.parent !== null; node = node.parent) keys.push(String(node.key));
  return keys.toReversed().slice(1);
}
