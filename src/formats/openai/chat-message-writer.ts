import type { AssistantMessage, ChatRequest, Message } from "../../core/chat-request.ts";
import type {
  AssistantPart,
  NativePart,
  ReasoningPart,
  RedactedReasoningPart,
  ToolResultContent,
  ToolResultPart,
} from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { apiOf, isFrom } from "./api-origin.ts";
import { breakpoint, imageUrl, writeContent, type WriteScope } from "./chat-content-writer.ts";
import { writeThoughts } from "./chat-thoughts.ts";
import { writeToolCall } from "./chat-tool-call-writer.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { messagesWithJsonWord } from "./json-output.ts";

export function writeMessages(request: ChatRequest, context: WriteContext): JsonObject[] {
  const scope = { context, isOwn: isFrom(request, "chat") };
  const written: JsonObject[] = [];
  for (const message of messagesWithJsonWord(request)) addMessage(written, message, scope);
  return written;
}

function addMessage(written: JsonObject[], message: Message, scope: WriteScope): void {
  const { name } = message;
  switch (message.kind) {
    case "system": {
      if (message.parts.length === 0) return;
      written.push({ role: message.role, name, content: writeContent(message.parts, scope) });
      return;
    }
    case "user":
      written.push({ role: "user", name, content: writeContent(message.parts, scope) });
      return;
    case "assistant": {
      const assistant = writeAssistant(message, scope);
      if (assistant !== null) written.push(assistant);
      return;
    }
    case "tool":
      for (const part of message.parts) written.push(writeToolResult(part, scope));
  }
}

/** While the parts of a message are gathered. */
interface OpenAssistant {
  readonly content: JsonObject[];
  readonly refusals: string[];
  readonly thoughts: (ReasoningPart | RedactedReasoningPart)[];
  readonly calls: JsonObject[];
  readonly images: JsonObject[];
  audio: Json | undefined;
  signature: JsonObject | undefined;
}

function writeAssistant(message: AssistantMessage, scope: WriteScope): JsonObject | null {
  const open: OpenAssistant = {
    content: [],
    refusals: [],
    thoughts: [],
    calls: [],
    images: [],
    audio: undefined,
    signature: undefined,
  };
  for (const part of message.parts) addPart(open, part, scope);
  const { content, refusals, calls, images, audio } = open;
  const isEmpty = calls.length + refusals.length + images.length === 0 && audio === undefined;
  if (content.length === 0 && isEmpty && open.thoughts.length === 0) return null;
  return {
    role: "assistant",
    name: message.name,
    content: content.length > 0 ? plainIfOne(content) : isEmpty ? "" : null,
    refusal: refusals.length > 0 ? refusals.join("") : undefined,
    ...writeThoughts(open.thoughts),
    tool_calls: calls.length > 0 ? calls : undefined,
    images: images.length > 0 ? images : undefined,
    audio,
    extra_content: open.signature,
  };
}

function plainIfOne(content: readonly JsonObject[]): Json {
  const [first] = content;
  const isPlain = content.length === 1 && first !== undefined && Object.keys(first).length === 2;
  const isText = isPlain && first["type"] === "text" && typeof first["text"] === "string";
  return isText ? (first["text"] ?? null) : content;
}

function addPart(open: OpenAssistant, part: AssistantPart, scope: WriteScope): void {
  const { context, isOwn } = scope;
  switch (part.kind) {
    case "text":
      open.content.push({ type: "text", text: part.text, ...breakpoint(part, scope) });
      if (isOwn) open.signature = writeGoogleSignature(part.signature) ?? open.signature;
      return;
    case "refusal":
      open.refusals.push(part.text);
      return;
    case "reasoning":
    case "redacted_reasoning":
      // OpenAI itself refuses fields that it doesn't know, so only what came in them goes out in them.
      if (isOwn) open.thoughts.push(part);
      else context.warn(part.at, "Chat Completions doesn't take thinking back");
      return;
    case "tool_call":
      open.calls.push(writeToolCall(part, isOwn));
      return;
    case "image":
      if (!isOwn) throw context.untranslatable(part.at, SAYS_ONLY_TEXT);
      open.images.push({ type: "image_url", image_url: { url: imageUrl(part, context) } });
      return;
    case "native":
      addNative(open, part, context);
      return;
    case "document":
    case "audio":
    case "video":
      throw context.untranslatable(part.at, SAYS_ONLY_TEXT);
  }
}

const SAYS_ONLY_TEXT = "an assistant says only text and tool calls in Chat Completions";

function addNative(open: OpenAssistant, part: NativePart, context: WriteContext): void {
  if (part.family !== "openai" || apiOf(part.at) !== "chat") {
    throw context.untranslatable(part.at, `Chat Completions has no part "${part.type}"`);
  }
  if (part.type === "audio") {
    const { id } = toObject(part.value, part.at);
    open.audio = { id };
  } else if (part.at.parent?.key === "tool_calls") {
    open.calls.push(toObject(part.value, part.at));
  } else open.content.push(toObject(part.value, part.at));
}

function writeToolResult(part: ToolResultPart, scope: WriteScope): JsonObject {
  if (part.isError) {
    scope.context.warn(
      childPath(part.at, "is_error"),
      "OpenAI's tool results don't say that they failed",
    );
  }
  const content = writeResultContent(part.content, scope);
  return { role: "tool", tool_call_id: part.callId, content };
}

function writeResultContent(
  content: readonly ToolResultContent[],
  scope: WriteScope,
): string | JsonObject[] {
  const parts = content.map((part) => {
    if (part.kind === "text") return part;
    if (part.kind === "json") {
      return { kind: "text", text: printJson(part.value), at: part.at } as const;
    }
    if (part.kind === "native" || scope.isOwn) return part;
    throw scope.context.untranslatable(part.at, "tool results are only text in Chat Completions");
  });
  return writeContent(parts, scope);
}
