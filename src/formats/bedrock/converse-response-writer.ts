import type { ChatResponse, Choice } from "../../core/chat-response.ts";
import type { AssistantPart, NativePart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray, toObject } from "../fields.ts";
import { toolInputText } from "../tool-input.ts";
import { writeSignature } from "../signatures.ts";
import { isJsonObject } from "../../core/json.ts";
import { writeConverseUsage } from "./converse-usage.ts";
import { writeAnsweredMedia } from "./media-writer.ts";
import { writeRedacted } from "./reasoning.ts";
import { writeStopReason } from "./stop-reasons.ts";
import { writeToolId } from "./tool-ids.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function writeConverseResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const isOwn = response.family === "bedrock";
  return {
    ...writeAnswer(response, context),
    // Its own members are always there; how long another provider took, nobody knows.
    metrics: { latencyMs: 0 },
    serviceTier:
      isOwn && response.serviceTier !== undefined ? { type: response.serviceTier } : undefined,
    ...(isOwn ? ownMembers(response) : {}),
  };
}

/** What Nova answers too. */
export function writeAnswer(response: ChatResponse, context: WriteContext): JsonObject {
  const [choice, ...others] = response.choices;
  if (others.length > 0) context.warn("choiceCount", "Bedrock has one answer only");
  if (choice?.logprobs !== undefined) context.warn("logprobs", "Bedrock has no place for them");
  return {
    output: { message: { role: "assistant", content: writeContent(choice, context) } },
    stopReason: choice === undefined ? "end_turn" : writeStopReason(choice.finish, response.family),
    usage: writeConverseUsage(response.usage, response.family),
  };
}

/** What only describes an answer and has no place in the hub, what Bedrock may say tomorrow included. */
function ownMembers(response: ChatResponse): JsonObject {
  const members = response.extras.filter(({ path }) => path.parent?.parent === null);
  return Object.fromEntries(members.map(({ path, value }) => [path.key, value]));
}

function writeContent(choice: Choice | undefined, context: WriteContext): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of choice?.parts ?? []) addPart(blocks, part, context);
  if (blocks.length === 0 && choice?.finish.message !== undefined) {
    blocks.push({ text: choice.finish.message });
  }
  return blocks;
}

function addPart(blocks: JsonObject[], part: AssistantPart, context: WriteContext): void {
  switch (part.kind) {
    case "text":
    case "refusal":
      blocks.push({ text: part.text });
      return;
    case "reasoning": {
      const { text, signature } = part;
      // Only Claude signs on Bedrock, and its signatures hold wherever it runs.
      const written = signature === undefined ? undefined : writeSignature(signature, "anthropic");
      blocks.push({ reasoningContent: { reasoningText: { text, signature: written } } });
      return;
    }
    case "redacted_reasoning":
      blocks.push({ reasoningContent: { redactedContent: writeRedacted(part.data) } });
      return;
    case "tool_call":
      blocks.push({
        toolUse: { toolUseId: writeToolId(part.id, null), name: part.name, input: inputOf(part) },
      });
      return;
    case "image":
    case "audio":
    case "video":
    case "document": {
      const block = writeAnsweredMedia(part);
      if (block === null) context.warn(part.at, `Converse has no place for this ${part.kind}`);
      else blocks.push(block);
      return;
    }
    case "native":
      addNative(blocks, part, context);
  }
}

/** A model may have written arguments that are no JSON: they are shown as they are. */
function inputOf(part: AssistantPart & { readonly kind: "tool_call" }): JsonObject {
  if (part.input.kind === "object") return part.input.value;
  const text = toolInputText(part);
  if (part.input.kind === "json_text") {
    if (text.trim() === "") return {};
    try {
      const value: unknown = JSON.parse(text);
      if (isJsonObject(value)) return value;
    } catch {
      // Not JSON.
    }
  }
  return { input: text };
}

function addNative(blocks: JsonObject[], part: NativePart, context: WriteContext): void {
  if (part.family !== "bedrock") {
    context.warn(part.at, `Converse has no place for ${part.type}`);
  } else if (part.type === "citations") cite(blocks, part.value);
  else blocks.push(toObject(part.value, part.at));
}

/** Who is cited came right behind the text. */
function cite(blocks: JsonObject[], citations: Json): void {
  const text = blocks.at(-1)?.["text"];
  if (text === undefined || !isJsonArray(citations)) return;
  blocks[blocks.length - 1] = { citationsContent: { content: [{ text }], citations } };
}
