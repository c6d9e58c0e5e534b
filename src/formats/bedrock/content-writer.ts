import type {
  AssistantPart,
  CacheControl,
  DocumentPart,
  NativePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  UserPart,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { toObject } from "../fields.ts";
import { toolInputObject } from "../tool-input.ts";
import type { TurnPart } from "../turns.ts";
import { writeDocument, writeMedia } from "./media-writer.ts";
import { checkToolName } from "./tool-names.ts";
import { writeToolId } from "./tool-ids.ts";
import { writeToolResult } from "./tool-result-writer.ts";
import type { WriteScope } from "./write-scope.ts";

/** Adds a user's part, and the mark behind it where the provider should cache. */
export function addTurnPart(blocks: JsonObject[], part: TurnPart, scope: WriteScope): void {
  blocks.push(
    part.kind === "tool_result" ? writeToolResult(part, scope) : writeUserPart(part, scope),
  );
  addCachePoint(blocks, part.cache, scope);
}

export function addAssistantPart(
  blocks: JsonObject[],
  part: AssistantPart,
  scope: WriteScope,
): void {
  const block = writeAssistantPart(part, scope);
  if (block === null) return;
  blocks.push(block);
  addCachePoint(blocks, part.cache, scope);
}

export function addCachePoint(
  blocks: JsonObject[],
  cache: CacheControl | undefined,
  scope: WriteScope,
): void {
  if (cache === undefined || scope.cachePoints.left === 0 || !takesCachePoints(scope)) return;
  scope.cachePoints.left -= 1;
  const takesTtl = scope.isOwn || scope.model.family === "claude";
  const ttl = takesTtl ? (cache.ttl ?? undefined) : undefined;
  blocks.push({ cachePoint: { type: "default", ttl } });
}

/** Other models refuse the mark; leaving it out changes nothing that is answered. */
function takesCachePoints({ isOwn, model: { family } }: WriteScope): boolean {
  return isOwn || family === "claude" || family === "nova";
}

function writeUserPart(part: UserPart, scope: WriteScope): JsonObject {
  switch (part.kind) {
    case "text":
      return writeText(part, scope);
    case "image":
      return writeMedia(part, scope.context);
    case "audio":
    case "video":
      if (scope.model.family === "claude") {
        throw scope.context.untranslatable(part.at, `Claude takes no ${part.kind}`);
      }
      return writeMedia(part, scope.context);
    case "document":
      return scope.body === "nova" ? novaDocument(part, scope) : writeDocument(part, scope);
    case "native":
      return writeNative(part, scope);
  }
}

export function writeText(part: TextPart, scope: WriteScope): JsonObject {
  const own = scope.ownBlocks.get(part.at);
  return own === undefined ? { text: part.text } : toObject(own.value, part.at);
}

/** Documents are Converse's alone; one of plain text can be said in the message itself. */
function novaDocument(part: DocumentPart, { context }: WriteScope): JsonObject {
  const { source, title, filename } = part;
  if (source.kind !== "text") {
    throw context.untranslatable(
      part.at,
      "Nova takes documents only in a Converse body (modelInvocationType Converse)",
    );
  }
  if (part.citations === true) {
    context.warn({ parent: part.at, key: "citations" }, "Nova doesn't cite documents");
  }
  const pieces = [title ?? filename, part.context, source.text];
  return { text: pieces.filter((piece) => piece !== undefined && piece !== "").join("\n\n") };
}

/** What Converse alone has goes back into Converse alone: guarded content, search results. */
function writeNative(part: NativePart, { context, body }: WriteScope): JsonObject {
  if (part.family === "bedrock" && body === "converse") return toObject(part.value, part.at);
  const name = body === "converse" ? "Converse" : "Nova's own body";
  throw context.untranslatable(part.at, `${name} has no part "${part.type}"`);
}

function writeAssistantPart(part: AssistantPart, scope: WriteScope): JsonObject | null {
  switch (part.kind) {
    case "text":
      return writeText(part, scope);
    case "refusal":
      return part.text === "" ? null : { text: part.text };
    case "reasoning":
      return writeReasoning(part, scope);
    case "redacted_reasoning":
      if (part.data.family === "bedrock" && isClaudeOrOwn(scope)) {
        return { reasoningContent: { redactedContent: part.data.value } };
      }
      scope.context.warn(part.at, "Converse takes only its own hidden thinking back");
      return null;
    case "tool_call":
      return writeToolCall(part, scope);
    case "native":
      return writeNative(part, scope);
    case "image":
    case "document":
    case "audio":
    case "video":
      throw scope.context.untranslatable(
        part.at,
        `${part.kind} only stands in a message of the user's in Bedrock`,
      );
  }
}

/** Thinking goes back to Claude with the signature that proves it, and unsigned to the models that don't sign. */
function writeReasoning(part: ReasoningPart, scope: WriteScope): JsonObject | null {
  const { text, signature } = part;
  const isProven = isClaudeOrOwn(scope) && signature?.family === "anthropic";
  if (isProven || (scope.isOwn && signature === undefined)) {
    return { reasoningContent: { reasoningText: { text, signature: signature?.value } } };
  }
  scope.context.warn(part.at, "Converse takes only thinking back that its own models signed");
  return null;
}

/** Bedrock's own requests know whose thinking they hold, whatever the model is called. */
function isClaudeOrOwn({ model, isOwn }: WriteScope): boolean {
  return isOwn || model.family === "claude";
}

function writeToolCall(part: ToolCallPart, { context, model }: WriteScope): JsonObject {
  checkToolName(part, context);
  return {
    toolUse: {
      toolUseId: writeToolId(part.id, model),
      name: part.name,
      input: toolInputObject(part, context),
    },
  };
}
