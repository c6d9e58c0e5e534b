import type { Choice, Finish } from "../../core/chat-response.ts";
import type { AssistantPart, ImagePart, NativePart, ToolCallPart } from "../../core/content.ts";
import type { FormatName } from "../../core/format-name.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { writeSignature } from "../signatures.ts";
import { toolInputText } from "../tool-input.ts";
import { responseAnnotations } from "./annotations.ts";
import { apiOf } from "./api-origin.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { writeLogprobs } from "./logprobs.ts";
import { isItemPath } from "./responses-items.ts";
import { groupThoughts, type Thought } from "./responses-thoughts.ts";

/** The items of `output`, in the order of the parts. */
export function writeOutput(
  choice: Choice,
  family: FormatName,
  context: WriteContext,
): readonly JsonObject[] {
  const writer = new OutputWriter(choice, context);
  for (const part of choice.parts) writer.add(part);
  const { finish, parts } = choice;
  const refusal = parts.length === 0 ? blockReason(finish, family) : null;
  if (refusal !== null) writer.addContent({ type: "refusal", refusal });
  return writer.end();
}

/** A prompt that was blocked has no parts at all: why is then said in a refusal. */
export function blockReason(finish: Finish, family: FormatName): string | null {
  const isBlocked = finish.reason === "content_filter" || finish.reason === "refusal";
  if (!isBlocked || family === "openai") return null;
  return finish.message ?? `The provider blocked this: ${finish.native ?? finish.reason}`;
}

interface OpenText {
  readonly text: string;
  readonly annotations: Json[];
  readonly logprobs: readonly JsonObject[];
}

class OutputWriter {
  readonly #items: JsonObject[] = [];
  readonly #context: WriteContext;
  readonly #thoughts: ReadonlyMap<AssistantPart, Thought>;
  /** They are the whole choice's, so they go to its first text. */
  #logprobs: readonly JsonObject[];
  #content: JsonObject[] = [];
  #text: OpenText | null = null;
  #signature: JsonObject | undefined = undefined;

  constructor(choice: Choice, context: WriteContext) {
    this.#context = context;
    this.#thoughts = groupThoughts(choice.parts);
    this.#logprobs = writeLogprobs(choice.logprobs ?? []);
  }

  end(): readonly JsonObject[] {
    this.#closeMessage();
    return this.#items;
  }

  add(part: AssistantPart): void {
    switch (part.kind) {
      case "text":
        this.#closeText();
        this.#text = { text: part.text, annotations: [], logprobs: this.#logprobs };
        this.#logprobs = [];
        this.#signature = writeGoogleSignature(part.signature) ?? this.#signature;
        return;
      case "refusal":
        this.addContent({ type: "refusal", refusal: part.text });
        return;
      case "reasoning":
      case "redacted_reasoning":
        this.#addThought(this.#thoughts.get(part));
        return;
      case "tool_call":
        this.#addItem(this.#writeCall(part));
        return;
      case "image":
        this.#addImage(part);
        return;
      case "native":
        this.#addNative(part);
        return;
      case "document":
      case "audio":
      case "video":
        this.#context.warn(part.at, `a response has no place for ${part.kind}`);
    }
  }

  addContent(content: JsonObject): void {
    this.#closeText();
    this.#content.push(content);
  }

  #closeText(): void {
    if (this.#text === null) return;
    this.#content.push({ type: "output_text", ...this.#text });
    this.#text = null;
  }

  #closeMessage(): void {
    this.#closeText();
    if (this.#content.length === 0) return;
    this.#items.push({
      id: this.#context.newId("msg_"),
      type: "message",
      status: "completed",
      role: "assistant",
      content: this.#content,
      extra_content: this.#signature,
    });
    this.#content = [];
    this.#signature = undefined;
  }

  #addItem(item: JsonObject): void {
    this.#closeMessage();
    this.#items.push(item);
  }

  /** The empty text of thinking that has a text, though an empty one, is kept: it tells it from thinking that's hidden. */
  #addThought(thought: Thought | undefined): void {
    if (thought === undefined) return;
    const { id, texts, signature } = thought;
    this.#addItem({
      id: id ?? this.#context.newId("rs_"),
      type: "reasoning",
      summary: texts.map((text) => ({ type: "summary_text", text })),
      encrypted_content: signature === undefined ? undefined : writeSignature(signature, "openai"),
    });
  }

  #writeCall(call: ToolCallPart): JsonObject {
    const text = toolInputText(call);
    const base = {
      call_id: call.id,
      name: call.name,
      status: "completed",
      extra_content: writeGoogleSignature(call.signature),
    };
    return call.input.kind === "free_text"
      ? { id: this.#context.newId("ctc_"), type: "custom_tool_call", ...base, input: text }
      : {
          id: this.#context.newId("fc_"),
          type: "function_call",
          ...base,
          arguments: text,
        };
  }

  /** As the images of OpenAI's own tool. */
  #addImage(part: ImagePart): void {
    if (part.source.kind !== "base64") {
      this.#context.warn(part.at, "a response holds images only as base64");
      return;
    }
    this.#addItem({
      id: this.#context.newId("ig_"),
      type: "image_generation_call",
      status: "completed",
      result: part.source.data,
    });
  }

  #addNative(part: NativePart): void {
    if (part.family === "openai" && part.type === "annotations" && this.#text !== null) {
      for (const annotation of responseAnnotations(part)) this.#text.annotations.push(annotation);
      return;
    }
    const isOwn = part.family === "openai" && apiOf(part.at) === "responses";
    if (!isOwn || !isJsonObject(part.value)) {
      this.#context.warn(part.at, `a response has no place for ${part.type}`);
    } else if (isItemPath(part.at)) this.#addItem(part.value);
    else this.addContent(part.value);
  }
}
