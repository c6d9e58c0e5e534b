import type { ChatResponse, Choice, Finish, FinishReason } from "../../core/chat-response.ts";
import type { AssistantPart, Signature, ToolCallPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { writeSignature } from "../signatures.ts";
import { CITATIONS } from "./answer-blocks.ts";
import { type OwnExtras, ownExtrasOf, withMembers } from "./own-extras.ts";
import { writeToolId } from "./tool-ids.ts";
import { writeUsage } from "./usage.ts";

/** A Message, with every key that Anthropic's clients expect. */
export function writeMessagesResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const own = ownExtrasOf(response);
  const [choice] = response.choices;
  if (response.choices.length > 1) {
    context.warn("choiceCount", "Anthropic gives one answer: the others are left out");
  }
  const usage = writeUsage(response.usage, writeServiceTier(response, context));
  const message = {
    id: response.id ?? context.newId("msg_"),
    type: "message",
    role: "assistant",
    model: response.model ?? context.model ?? "",
    content: choice === undefined ? [] : writeAnswer(choice, own, context),
    ...writeFinish(choice, response),
    usage: withMembers(usage, own?.inTop.get("usage")),
    container: null,
  };
  return withMembers(message, own?.top);
}

/** Anthropic's own words are kept; a batch's answer says that it is one, as Anthropic's do. */
function writeServiceTier(response: ChatResponse, context: WriteContext): string {
  const own = response.family === "anthropic" ? response.serviceTier : undefined;
  return own ?? (context.isBatch ? "batch" : "standard");
}

function writeAnswer(choice: Choice, own: OwnExtras | null, context: WriteContext): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of choice.parts) {
    const count = blocks.length;
    addPart(blocks, part, context);
    const last = blocks.at(-1);
    if (last !== undefined && blocks.length > count) {
      blocks[blocks.length - 1] = withMembers(last, own?.byPlace.get(part.at));
    }
  }
  if (choice.logprobs !== undefined) {
    context.warn("logprobs", "Anthropic's answers have no probabilities");
  }
  return blocks;
}

export function addPart(blocks: JsonObject[], part: AssistantPart, context: WriteContext): void {
  switch (part.kind) {
    case "text":
      addSignature(blocks, part.signature);
      if (part.text !== "") blocks.push({ type: "text", text: part.text, citations: null });
      return;
    case "refusal":
      if (part.text !== "") blocks.push({ type: "text", text: part.text, citations: null });
      return;
    case "reasoning": {
      const { signature } = part;
      blocks.push({
        type: "thinking",
        thinking: part.text,
        signature: signature === undefined ? "" : writeSignature(signature, "anthropic"),
      });
      return;
    }
    case "redacted_reasoning":
      blocks.push({ type: "redacted_thinking", data: writeSignature(part.data, "anthropic") });
      return;
    case "tool_call":
      addSignature(blocks, part.signature);
      blocks.push({
        type: "tool_use",
        id: writeToolId(part.id),
        name: part.name,
        input: writeInput(part, context),
        caller: { type: "direct" },
      });
      return;
    case "native":
      if (part.family === "anthropic") addNative(blocks, part.type, part.value);
      else context.warn(part.at, `a Message has no place for ${part.type}`);
      return;
    case "image":
    case "document":
    case "audio":
    case "video":
      context.warn(part.at, `a Message has no place for ${part.kind}`);
  }
}

/** Comes home when the client replays the conversation: see `attachSignatures`. */
function addSignature(blocks: JsonObject[], signature: Signature | undefined): void {
  if (signature === undefined) return;
  const text = writeSignature(signature, "anthropic");
  blocks.push({ type: "thinking", thinking: "", signature: text });
}

/** A model's invalid JSON goes where Anthropic's pages tell to put it, since its `input` has to be an object. */
function writeInput(call: ToolCallPart, context: WriteContext): JsonObject {
  const { input } = call;
  if (input.kind === "object") return input.value;
  if (input.text.trim() === "") return {};
  const value = input.kind === "json_text" ? parseJson(input.text) : undefined;
  if (isJsonObject(value)) return value;
  context.warn(call.at, "the call's input isn't a JSON object: it is under INVALID_JSON");
  return { INVALID_JSON: input.text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addNative(blocks: JsonObject[], type: string, value: Json): void {
  const last = blocks.at(-1);
  if (type === CITATIONS && last?.["type"] === "text") {
    blocks[blocks.length - 1] = { ...last, citations: value };
  } else if (isJsonObject(value)) blocks.push(value);
}

export function writeFinish(
  choice: Choice | undefined,
  response: Pick<ChatResponse, "family">,
): JsonObject {
  if (choice === undefined) {
    return { stop_reason: null, stop_sequence: null, stop_details: null };
  }
  const { finish, parts } = choice;
  const reason = writeStopReason(finish, response);
  const isRefusal = parts.some((part) => part.kind === "refusal") && reason === "end_turn";
  const said = isRefusal ? "refusal" : reason;
  return {
    stop_reason: said,
    stop_sequence: finish.stopSequence ?? null,
    stop_details:
      finish.message === undefined || said !== "refusal"
        ? null
        : { type: "refusal", category: null, explanation: finish.message },
  };
}

function writeStopReason(finish: Finish, response: Pick<ChatResponse, "family">): string {
  if (response.family === "anthropic" && finish.native !== null) return finish.native;
  // Which of the stops it was is what this reason says.
  if (finish.reason === "stop_sequence" && finish.stopSequence === undefined) return "end_turn";
  return STOP_REASONS[finish.reason];
}

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  context_window: "model_context_window_exceeded",
  tool_calls: "tool_use",
  content_filter: "refusal",
  refusal: "refusal",
  pause: "pause_turn",
  malformed_tool_call: "end_turn",
  other: "end_turn",
};
