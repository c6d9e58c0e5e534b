import { badRequest } from "../api-error.ts";
import type { ApiVersion } from "../api-version.ts";
import type { JsonObject } from "../../json.ts";
import { isJsonArray, objectsOf, shown } from "../../json.ts";
import type { ModelTraits } from "../model-traits.ts";
import { wrong } from "./rules.ts";

const USER_ONLY = new Set(["image", "tool_result", "search_result", "container_upload"]);
const ASSISTANT_ONLY = new Set(["thinking", "redacted_thinking", "tool_use", "server_tool_use"]);

export interface TurnRules {
  readonly version: ApiVersion;
  readonly traits: ModelTraits;
  readonly isThinking: boolean;
}

/** How messages must follow each other, and which blocks belong to whom. */
export function checkTurns(messages: readonly JsonObject[], rules: TurnRules): void {
  const { version, traits } = rules;
  if (messages.length === 0) throw wrong("messages", "at least one message is required");
  if (traits.userFirst && messages[0]?.["role"] !== "user") {
    throw wrong("messages", 'first message must use the "user" role');
  }
  if ((!traits.prefill || rules.isThinking) && messages.at(-1)?.["role"] === "assistant") {
    throw badRequest(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }
  const systemTurn = messages.findIndex(({ role }) => role === "system");
  if (!traits.systemTurns && systemTurn !== -1) {
    throw wrong(`messages.${systemTurn}.role`, "Input should be 'user' or 'assistant'");
  }
  for (const [index, message] of messages.entries()) {
    checkContent(message, { path: `messages.${index}`, isLast: index === messages.length - 1 });
    for (const [place, block] of objectsOf(message["content"]).entries()) {
      checkOwner(block, { message, version, path: `messages.${index}.content.${place}` });
    }
  }
  checkCalls(messages);
}

function checkContent(
  message: JsonObject,
  place: { readonly path: string; readonly isLast: boolean },
): void {
  const { role, content } = message;
  const isFinalAssistant = place.isLast && role === "assistant";
  const isEmpty = content === "" || (isJsonArray(content) && content.length === 0);
  if (isEmpty && !isFinalAssistant) {
    throw wrong(
      place.path,
      "all messages must have non-empty content except for the optional final assistant message",
    );
  }
  const ending = typeof content === "string" ? content : objectsOf(content).at(-1)?.["text"];
  if (isFinalAssistant && typeof ending === "string" && /\s$/.test(ending)) {
    throw badRequest("messages: final assistant content cannot end with trailing whitespace");
  }
}

interface BlockPlace {
  readonly message: JsonObject;
  readonly version: ApiVersion;
  readonly path: string;
}

function checkOwner(block: JsonObject, place: BlockPlace): void {
  const { message, version, path } = place;
  const type = shown(block["type"]);
  const isUser = message["role"] !== "assistant";
  const isMisplaced = isUser ? ASSISTANT_ONLY.has(type) : USER_ONLY.has(type);
  if (isMisplaced) {
    const owner = isUser ? "assistant" : "user";
    throw badRequest(`${path}: \`${type}\` blocks can only be in \`${owner}\` messages`);
  }
  if (version !== "2026-10-21") return;
  if (!isUser && type === "document") {
    throw badRequest(`${path}: \`document\` blocks are not permitted in assistant messages`);
  }
  if (isUser && type === "text" && objectsOf(block["citations"]).length > 0) {
    throw badRequest(`${path}.citations: citations are not permitted in user messages`);
  }
}

/** Every tool call must be answered in the very next message, and every answer must have its call. */
function checkCalls(messages: readonly JsonObject[]): void {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const blocks = objectsOf(message["content"]);
    const answered = new Set<string>();
    for (const [place, block] of blocks.entries()) {
      if (block["type"] !== "tool_result") continue;
      const id = shown(block["tool_use_id"]);
      if (!open.has(id)) {
        throw badRequest(
          `messages.${index}.content.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
      }
      answered.add(id);
    }
    const left = [...open].filter((id) => !answered.has(id));
    if (left.length > 0) {
      throw badRequest(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${left.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
    const calls = blocks.filter((block) => block["type"] === "tool_use");
    open = new Set(calls.map((block) => shown(block["id"])));
    if (open.size < calls.length) {
      throw wrong(`messages.${index}.content`, "`tool_use` ids must be unique");
    }
  }
  if (open.size > 0) {
    throw badRequest(
      `messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...open].join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
}
