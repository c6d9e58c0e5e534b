import type { ChatResponse, Choice, Finish, FinishReason } from "../../core/chat-response.ts";
import type { AssistantPart, ImagePart, NativePart } from "../../core/content.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { chatAnnotations } from "./annotations.ts";
import { apiOf, isAnswerOf } from "./api-origin.ts";
import { writeThoughts } from "./chat-thoughts.ts";
import { writeToolCall } from "./chat-tool-call-writer.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { writeLogprobs } from "./logprobs.ts";
import { dataUrl } from "./media-writer.ts";
import { withOwnExtras } from "./own-extras.ts";
import { writeChatUsage } from "./usage.ts";

/** A chat completion: https://platform.openai.com/docs/api-reference/chat/object */
export function writeChatResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const isOwn = response.family === "openai";
  const scope = { family: response.family, isFromChat: isAnswerOf(response, "chat"), context };
  const body = {
    id: response.id ?? context.newId("chatcmpl-"),
    object: "chat.completion",
    created: response.createdAtSeconds ?? context.nowSeconds(),
    model: response.model ?? context.model ?? "",
    choices: response.choices.map((choice) => writeChoice(choice, scope)),
    usage: response.usage === null ? undefined : writeChatUsage(response.usage),
    // Another family's tiers are none of OpenAI's words.
    service_tier: isOwn ? response.serviceTier : undefined,
    system_fingerprint: response.systemFingerprint,
  };
  return scope.isFromChat ? withOwnExtras(body, response, NO_FIELDS) : body;
}

const NO_FIELDS: ReadonlySet<string> = new Set();

interface ChoiceScope {
  readonly family: FormatName;
  readonly isFromChat: boolean;
  readonly context: WriteContext;
}

function writeChoice(choice: Choice, scope: ChoiceScope): JsonObject {
  const { finish, logprobs } = choice;
  return {
    index: choice.index,
    message: writeMessage(choice, scope),
    logprobs: logprobs === undefined ? null : { content: writeLogprobs(logprobs), refusal: null },
    finish_reason: writeFinishReason(finish, scope),
    native_finish_reason: writeNativeReason(finish, scope.family),
  };
}

/** While the parts of a choice are gathered. */
interface OpenMessage {
  readonly texts: string[];
  readonly refusals: string[];
  readonly thoughts: Parameters<typeof writeThoughts>[0][number][];
  readonly calls: JsonObject[];
  readonly images: JsonObject[];
  readonly annotations: JsonObject[];
  audio: Json | undefined;
  signature: JsonObject | undefined;
}

export function writeMessage(
  choice: Choice,
  { family, context }: Pick<ChoiceScope, "family" | "context">,
): JsonObject {
  const open: OpenMessage = {
    texts: [],
    refusals: [],
    thoughts: [],
    calls: [],
    images: [],
    annotations: [],
    audio: undefined,
    signature: undefined,
  };
  for (const part of choice.parts) addPart(open, part, context);
  const { texts, calls, images, annotations } = open;
  const refusal = writeRefusal(open, choice, family);
  const isSaidElsewhere =
    calls.length > 0 || images.length > 0 || refusal !== null || open.audio !== undefined;
  return {
    role: "assistant",
    content: texts.length > 0 ? texts.join("") : isSaidElsewhere ? null : "",
    refusal,
    ...writeThoughts(open.thoughts),
    tool_calls: calls.length > 0 ? calls : undefined,
    images: images.length > 0 ? images : undefined,
    audio: open.audio,
    annotations: annotations.length > 0 ? annotations : undefined,
    extra_content: open.signature,
  };
}

function addPart(open: OpenMessage, part: AssistantPart, context: WriteContext): void {
  switch (part.kind) {
    case "text":
      open.texts.push(part.text);
      open.signature = writeGoogleSignature(part.signature) ?? open.signature;
      return;
    case "refusal":
      open.refusals.push(part.text);
      return;
    case "reasoning":
    case "redacted_reasoning":
      open.thoughts.push(part);
      return;
    case "tool_call":
      open.calls.push(writeToolCall(part, true));
      return;
    case "image":
      addImage(open, part, context);
      return;
    case "native":
      addNative(open, part, context);
      return;
    case "document":
    case "audio":
    case "video":
      context.warn(part.at, `a chat completion has no place for ${part.kind}`);
  }
}

function addImage(open: OpenMessage, part: ImagePart, context: WriteContext): void {
  const { source } = part;
  if (source.kind === "base64" || source.kind === "url") {
    const url = source.kind === "base64" ? dataUrl(source) : source.url;
    open.images.push({ type: "image_url", image_url: { url } });
  } else context.warn(part.at, "a chat completion has no place for stored images");
}

function addNative(open: OpenMessage, part: NativePart, context: WriteContext): void {
  if (part.family === "openai" && part.type === "annotations") {
    const texts = open.texts.map((text) => context.reveal(text));
    for (const annotation of chatAnnotations(part, texts)) open.annotations.push(annotation);
  } else if (part.family === "openai" && part.type === "audio" && apiOf(part.at) === "chat") {
    open.audio = part.value;
  } else context.warn(part.at, `a chat completion has no place for ${part.type}`);
}

function writeRefusal(open: OpenMessage, choice: Choice, family: FormatName): string | null {
  if (open.refusals.length > 0) return open.refusals.join("");
  return choice.parts.length > 0 ? null : writeBlockReason(choice.finish, family);
}

/** A prompt that was blocked has no parts at all: why is then said in the refusal. */
export function writeBlockReason(finish: Finish, family: FormatName): string | null {
  const isBlocked = finish.reason === "content_filter" || finish.reason === "refusal";
  if (!isBlocked || family === "openai") return null;
  return finish.message ?? `The provider blocked this: ${finish.native ?? finish.reason}`;
}

export function writeFinishReason(
  finish: Finish,
  { family, isFromChat }: Pick<ChoiceScope, "family" | "isFromChat">,
): string {
  const { reason, native } = finish;
  if (isFromChat && native !== null) return native;
  // OpenAI's own refusals end with a plain `stop`.
  return family === "openai" && reason === "refusal" ? "stop" : FINISH_REASONS[reason];
}

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  stop_sequence: "stop",
  length: "length",
  context_window: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  refusal: "content_filter",
  pause: "stop",
  malformed_tool_call: "stop",
  other: "stop",
};

/** Not OpenAI's, but a key that compatible hosts use, where `finish_reason` says less than the provider did. */
export function writeNativeReason(finish: Finish, family: FormatName): string | undefined {
  if (family === "openai" || finish.native === null) return undefined;
  return PLAIN_REASONS.has(finish.reason) ? undefined : finish.native;
}

const PLAIN_REASONS: ReadonlySet<FinishReason> = new Set(["stop", "length", "tool_calls"]);
