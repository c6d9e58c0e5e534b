import type { AssistantMessage, ChatRequest, Message } from "../../core/chat-request.ts";
import type {
  AssistantPart,
  NativePart,
  ReasoningPart,
  RedactedReasoningPart,
  RefusalPart,
  Signature,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { toolInputText } from "../tool-input.ts";
import { apiOf, isFrom } from "./api-origin.ts";
import { writeCallId } from "./call-ids.ts";
import type { WriteScope } from "./chat-content-writer.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { messagesWithJsonWord } from "./json-output.ts";
import { groupThoughts, type Thought } from "./responses-thoughts.ts";
import { isItemPath } from "./responses-items.ts";
import { writeInputContent } from "./responses-parts-writer.ts";

export interface WrittenInput {
  readonly instructions?: string;
  readonly input: readonly JsonObject[];
}

/** `instructions` and `input`. */
export function writeInput(request: ChatRequest, context: WriteContext): WrittenInput {
  const messages = messagesWithJsonWord(request);
  const writer = new InputWriter({ context, isOwn: isFrom(request, "responses") });
  const instructions = messages.length > 1 ? instructionsOf(messages[0]) : undefined;
  for (const message of instructions === undefined ? messages : messages.slice(1)) {
    writer.add(message);
  }
  return instructions === undefined
    ? { input: writer.items }
    : { instructions, input: writer.items };
}

/** A first plain system text goes into its own field, as nearly everybody has it. */
function instructionsOf(message: Message | undefined): string | undefined {
  if (message?.kind !== "system" || message.role !== "system") return undefined;
  const [part] = message.parts;
  const isPlain = message.parts.length === 1 && message.name === undefined;
  return isPlain && part?.cache === undefined ? part?.text : undefined;
}

class InputWriter {
  readonly items: JsonObject[] = [];
  readonly #scope: WriteScope;
  /** Calls of custom tools: their results have a type of their own. */
  readonly #customCalls = new Set<string>();

  constructor(scope: WriteScope) {
    this.#scope = scope;
  }

  add(message: Message): void {
    if (message.name !== undefined) {
      this.#scope.context.warn(
        childPath(message.at, "name"),
        "the Responses API has no names of speakers",
      );
    }
    switch (message.kind) {
      case "system":
        if (message.parts.length > 0) this.#addMessage(message.role, message);
        return;
      case "user":
        this.#addMessage("user", message);
        return;
      case "assistant":
        this.#addAssistant(message);
        return;
      case "tool":
        for (const part of message.parts) this.items.push(this.#writeResult(part));
    }
  }

  #addMessage(role: string, message: Exclude<Message, { kind: "assistant" | "tool" }>): void {
    const content = writeInputContent(message.parts, this.#scope);
    this.items.push({ type: "message", role, content });
  }

  /** Each text is a message, and calls and thinking are items beside it. An empty text only stands where nothing else does. */
  #addAssistant(message: AssistantMessage): void {
    const thoughts = groupThoughts(message.parts);
    const before = this.items.length;
    for (const part of message.parts) {
      if (part.kind !== "text" && part.kind !== "refusal") this.#addItem(part, thoughts);
      else if (part.text !== "" || this.#signatureOf(part) !== undefined) this.#addText(part);
    }
    const [first] = message.parts;
    if (this.items.length === before && first?.kind === "text") this.#addText(first);
  }

  #addText(part: TextPart | RefusalPart): void {
    const signature = writeGoogleSignature(this.#signatureOf(part));
    const content = part.text;
    this.items.push({ type: "message", role: "assistant", content, extra_content: signature });
  }

  #signatureOf(part: TextPart | RefusalPart): Signature | undefined {
    return part.kind === "text" && this.#scope.isOwn ? part.signature : undefined;
  }

  #addItem(
    part: Exclude<AssistantPart, { kind: "text" | "refusal" }>,
    thoughts: ReadonlyMap<AssistantPart, Thought>,
  ): void {
    const { context } = this.#scope;
    switch (part.kind) {
      case "reasoning":
      case "redacted_reasoning":
        this.#addThought(part, thoughts.get(part));
        return;
      case "tool_call":
        this.items.push(this.#writeCall(part));
        return;
      case "native":
        this.items.push(writeNative(part, context));
        return;
      case "image":
      case "document":
      case "audio":
      case "video":
        throw context.untranslatable(
          part.at,
          `an assistant says no ${part.kind} in the Responses API`,
        );
    }
  }

  /** Only OpenAI's own thinking has a use here, and only with its encrypted content or the id it's stored under. */
  #addThought(part: ReasoningPart | RedactedReasoningPart, thought: Thought | undefined): void {
    if (thought === undefined) return;
    const { id, texts, signature } = thought;
    const isStored = signature === undefined && id !== undefined;
    if (signature?.family !== "openai" && !isStored) {
      this.#scope.context.warn(part.at, "OpenAI takes no thinking of others");
      return;
    }
    this.items.push({
      type: "reasoning",
      id: id ?? this.#scope.context.newId("rs_"),
      summary: texts.map((text) => ({ type: "summary_text", text })),
      encrypted_content: signature?.value,
    });
  }

  #writeCall(call: ToolCallPart): JsonObject {
    const id = writeCallId(call.id);
    const text = toolInputText(call);
    const extra = this.#scope.isOwn ? writeGoogleSignature(call.signature) : undefined;
    if (call.input.kind === "free_text") {
      this.#customCalls.add(call.id);
      return { type: "custom_tool_call", call_id: id, name: call.name, input: text };
    }
    return {
      type: "function_call",
      call_id: id,
      name: call.name,
      arguments: text,
      extra_content: extra,
    };
  }

  #writeResult(part: ToolResultPart): JsonObject {
    if (part.isError) {
      const at = childPath(part.at, "is_error");
      this.#scope.context.warn(at, "OpenAI's tool results don't say that they failed");
    }
    const content = part.content.map((piece) =>
      piece.kind === "json"
        ? ({ kind: "text", text: printJson(piece.value), at: piece.at } as const)
        : piece,
    );
    return {
      type: this.#customCalls.has(part.callId) ? "custom_tool_call_output" : "function_call_output",
      call_id: writeCallId(part.callId),
      output: writeInputContent(content, this.#scope),
    };
  }
}

/** An item as it came, or a part that stood in a message. */
function writeNative(part: NativePart, context: WriteContext): JsonObject {
  if (part.family !== "openai" || apiOf(part.at) !== "responses") {
    throw context.untranslatable(part.at, `the Responses API has no part "${part.type}"`);
  }
  const value = toObject(part.value, part.at);
  return isItemPath(part.at) ? value : { type: "message", role: "assistant", content: [value] };
}
