import type { Extra, Message } from "../../core/chat-request.ts";
import type { AssistantPart, ToolResultPart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  readArray,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import { parseAssistantItem } from "./responses-items.ts";
import { parseInputContent, parseInputTexts } from "./responses-parts.ts";

/** What is gathered, and known of earlier items, while a conversation is read. */
export interface InputScope {
  readonly extras: Extra[];
  /** Call id → tool name. */
  readonly toolNames: Map<string, string>;
}

/** `instructions` and `input`. Items that the model made one after the other are one assistant message. */
export function parseInput(body: JsonObject, extras: Extra[]): Message[] {
  const messages: Message[] = [];
  const instructions = readOptionalString(body, "instructions", ROOT);
  if (instructions !== undefined) {
    const at = childPath(ROOT, "instructions");
    const parts = [{ kind: "text", text: instructions, at } as const];
    messages.push({ kind: "system", role: "system", at, parts });
  }
  const at = childPath(ROOT, "input");
  const { input } = body;
  if (typeof input === "string") {
    messages.push({ kind: "user", at, parts: [{ kind: "text", text: input, at }] });
    return messages;
  }
  // A template or a stored conversation can do without.
  if (input === undefined || input === null) return messages;
  const reader = new InputReader(messages, { extras, toolNames: new Map() });
  for (const [index, value] of readArray(body, "input", ROOT).entries()) {
    reader.add(value, childPath(at, index));
  }
  return messages;
}

class InputReader {
  readonly #messages: Message[];
  readonly #scope: InputScope;
  /** The assistant message that further items of the model go into. */
  #open: AssistantPart[] | null = null;

  constructor(messages: Message[], scope: InputScope) {
    this.#messages = messages;
    this.#scope = scope;
  }

  add(value: Json, at: JsonPath): void {
    const item = toObject(value, at);
    const { type } = item;
    if (type === "message" || ((type === undefined || type === null) && "role" in item)) {
      this.#addMessage(item, at);
    } else if (type === "function_call_output" || type === "custom_tool_call_output") {
      this.#open = null;
      this.#messages.push({ kind: "tool", at, parts: [parseResult(item, at, this.#scope)] });
    } else {
      this.#addAssistant(parseAssistantItem(item, at, this.#scope), at);
    }
  }

  #addMessage(item: JsonObject, at: JsonPath): void {
    readMessageExtras(item, at, this.#scope.extras);
    const roles = ["user", "assistant", "system", "developer"] as const;
    const role = toOneOf(item["role"], roles, childPath(at, "role"));
    const content = item["content"];
    const contentAt = childPath(at, "content");
    if (role === "assistant") {
      const isSaid = this.#open?.some((part) => part.kind === "text" || part.kind === "refusal");
      const isCalling = this.#open?.some((part) => part.kind === "tool_call");
      // Calls and their results must stay together; else each message stays one.
      if (isSaid === true && isCalling !== true) this.#open = null;
      this.#addAssistant(parseAssistantItem({ ...item, type: "message" }, at, this.#scope), at);
      return;
    }
    this.#open = null;
    if (role === "user") {
      const parts = parseInputContent(content, contentAt, this.#scope);
      this.#messages.push({ kind: "user", at, parts });
    } else {
      const parts = parseInputTexts(content, contentAt, this.#scope);
      this.#messages.push({ kind: "system", role, at, parts });
    }
  }

  #addAssistant(parts: readonly AssistantPart[], at: JsonPath): void {
    if (this.#open === null) {
      this.#open = [];
      this.#messages.push({ kind: "assistant", at, parts: this.#open });
    }
    for (const part of parts) this.#open.push(part);
  }
}

const readMessageExtras = createExtrasReader("type role content id status extra_content");

function parseResult(item: JsonObject, at: JsonPath, scope: InputScope): ToolResultPart {
  readResultExtras(item, at, scope.extras);
  const callId = readString(item, "call_id", at);
  const name = scope.toolNames.get(callId) ?? readOptionalString(item, "name", at) ?? null;
  const output = item["output"];
  if (output === undefined || output === null) throw invalid(at, "output", "must be given");
  const content: UserPart[] = parseInputContent(output, childPath(at, "output"), scope);
  return { kind: "tool_result", callId, name, content, isError: false, at };
}

const readResultExtras = createExtrasReader("type id call_id output name status");
