import type { Message } from "../../../src/core/chat-request.ts";
import type {
  AssistantPart,
  CacheControl,
  MediaSource,
  Part,
  Signature,
  ToolCallPart,
  ToolResultContent,
  ToolResultPart,
  UserPart,
} from "../../../src/core/content.ts";
import type { FormatName } from "../../../src/core/format-name.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Prompt, PromptMessage } from "./sdk-models.ts";
import { defined, Inexpressible } from "./sdk-values.ts";

/** The names under which the SDK's packages look for what only they understand. */
const NAMESPACES: Readonly<Record<FormatName, string>> = {
  openai: "openai",
  anthropic: "anthropic",
  gemini: "google",
  bedrock: "amazonBedrock",
};

type Options = Record<string, Record<string, Json>>;
type PartOf<Role extends PromptMessage["role"]> = Extract<
  Extract<PromptMessage, { role: Role }>["content"],
  readonly unknown[]
>[number];
type FilePart = Extract<PartOf<"user">, { type: "file" }>;
type ResultPart = Extract<PartOf<"tool">, { type: "tool-result" }>;

/** A conversation of ours in the SDK's words. Throws `Inexpressible` for what it has no words for. */
export function toPrompt(messages: readonly Message[]): Prompt {
  return messages.flatMap((message) => toPromptMessages(message));
}

function toPromptMessages(message: Message): PromptMessage[] {
  const named = message.name === undefined ? {} : { openai: { name: message.name } };
  switch (message.kind) {
    case "system":
      // A system message of the SDK is one text.
      return message.parts.map((part) =>
        defined<PromptMessage>({
          role: "system",
          content: part.text,
          providerOptions: options(named, cacheOptions(part.cache)),
        }),
      );
    case "user": {
      const content = message.parts.map(toUserPart);
      return [defined<PromptMessage>({ role: "user", content, providerOptions: options(named) })];
    }
    case "assistant": {
      const content = message.parts.map(toAssistantPart);
      return [
        defined<PromptMessage>({ role: "assistant", content, providerOptions: options(named) }),
      ];
    }
    case "tool":
      return [{ role: "tool", content: message.parts.map(toResultPart) }];
  }
}

function toUserPart(part: UserPart): PartOf<"user"> {
  switch (part.kind) {
    case "text":
      return defined<PartOf<"user">>({
        type: "text",
        text: part.text,
        providerOptions: options(cacheOptions(part.cache)),
      });
    case "image":
    case "document":
    case "audio":
    case "video":
      return toFilePart(part);
    case "native":
      throw new Inexpressible(`native part ${part.type}`);
  }
}

type Media = Extract<Part, { kind: "image" | "document" | "audio" | "video" }>;

const TOP_LEVEL = { image: "image", document: "application", audio: "audio", video: "video" };

function toFilePart(part: Media): FilePart {
  const { source } = part;
  const detail = part.kind === "image" ? part.detail : undefined;
  const about = part.kind === "document" ? part : undefined;
  const citations = about?.citations === undefined ? undefined : { enabled: about.citations };
  return defined<FilePart>({
    type: "file",
    data: toFileData(source),
    mediaType: source.mediaType ?? guessMediaType(part.kind, source),
    filename: about?.filename ?? about?.title,
    providerOptions: options(
      cacheOptions(part.cache),
      detail === undefined ? {} : { openai: { imageDetail: detail } },
      {
        anthropic: defined({ title: about?.title, context: about?.context, citations }),
        amazonBedrock: defined({ citations }),
      },
    ),
  });
}

function guessMediaType(kind: Media["kind"], source: MediaSource): string {
  const ending = source.kind === "url" ? (/\.(\w+)$/.exec(source.url)?.[1] ?? "") : "";
  return ENDINGS.get(ending) ?? (kind === "document" ? "application/pdf" : TOP_LEVEL[kind]);
}

const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["pdf", "application/pdf"],
]);

function toFileData(source: MediaSource): FilePart["data"] {
  switch (source.kind) {
    case "base64":
      return { type: "data", data: source.data };
    case "url":
      return { type: "url", url: new URL(source.url), originalUrl: source.url };
    case "s3":
      return { type: "url", url: new URL(source.uri) };
    case "text":
      return { type: "text", text: source.text };
    case "file":
      return { type: "reference", reference: { [NAMESPACES[source.family]]: source.id } };
  }
}

function toAssistantPart(part: AssistantPart): PartOf<"assistant"> {
  switch (part.kind) {
    case "text":
      return defined<PartOf<"assistant">>({
        type: "text",
        text: part.text,
        providerOptions: options(cacheOptions(part.cache), signed(part.signature)),
      });
    case "refusal":
      throw new Inexpressible("refusal");
    case "reasoning":
      return defined<PartOf<"assistant">>({
        type: "reasoning",
        text: part.text,
        providerOptions: options(
          signed(part.signature),
          part.id === undefined ? {} : { openai: { itemId: part.id } },
        ),
      });
    case "redacted_reasoning":
      return defined<PartOf<"assistant">>({
        type: "reasoning",
        text: "",
        providerOptions: options(
          redacted(part.data),
          part.id === undefined ? {} : { openai: { itemId: part.id } },
        ),
      });
    case "tool_call":
      return toCallPart(part);
    case "image":
    case "document":
    case "audio":
    case "video":
      return toFilePart(part);
    case "native":
      throw new Inexpressible(`native part ${part.type}`);
  }
}

function signed(signature: Signature | undefined): Options {
  if (signature === undefined) return {};
  const key = signature.family === "gemini" ? "thoughtSignature" : "signature";
  return forFamily(signature.family, { [key]: signature.value });
}

/** What Claude has signed is as good on Bedrock. */
function forFamily(family: FormatName, values: Record<string, Json>): Options {
  const own = { [NAMESPACES[family]]: values };
  return family === "anthropic" ? { ...own, [NAMESPACES.bedrock]: values } : own;
}

function redacted({ family, value }: Signature): Options {
  const keys: Record<FormatName, string> = {
    openai: "reasoningEncryptedContent",
    anthropic: "redactedData",
    gemini: "thoughtSignature",
    bedrock: "redactedContent",
  };
  return forFamily(family, { [keys[family]]: value });
}

function toCallPart(part: ToolCallPart): PartOf<"assistant"> {
  return defined<PartOf<"assistant">>({
    type: "tool-call",
    toolCallId: part.id,
    toolName: part.name,
    input: toInput(part),
    providerOptions: options(cacheOptions(part.cache), signed(part.signature)),
  });
}

function toInput({ input }: ToolCallPart): unknown {
  switch (input.kind) {
    case "object":
      return input.value;
    case "free_text":
      throw new Inexpressible("free text for a tool");
    case "json_text":
      if (input.text.trim() === "") return {};
      try {
        return JSON.parse(input.text);
      } catch {
        throw new Inexpressible("arguments that are no JSON");
      }
  }
}

function toResultPart(part: ToolResultPart): ResultPart {
  return defined<ResultPart>({
    type: "tool-result",
    toolCallId: part.callId,
    toolName: part.name ?? "",
    output: toOutput(part),
    providerOptions: options(cacheOptions(part.cache)),
  });
}

function toOutput({ content, isError }: ToolResultPart): ResultPart["output"] {
  const [first, second] = content;
  if (first === undefined) return { type: isError ? "error-text" : "text", value: "" };
  if (second === undefined && first.kind === "text") {
    return { type: isError ? "error-text" : "text", value: first.text };
  }
  if (second === undefined && first.kind === "json") {
    return { type: isError ? "error-json" : "json", value: structuredClone(first.value) };
  }
  if (isError) throw new Inexpressible("a failed tool with more than text");
  return { type: "content", value: content.map(toOutputPart) };
}

type OutputPart = Extract<ResultPart["output"], { type: "content" }>["value"][number];

function toOutputPart(part: ToolResultContent): OutputPart {
  if (part.kind === "text") return { type: "text", text: part.text };
  if (part.kind === "json") return { type: "text", text: JSON.stringify(part.value) };
  if (part.kind === "native") throw new Inexpressible(`native part ${part.type}`);
  const { type, data, mediaType } = toFilePart(part);
  return { type, data, mediaType };
}

function cacheOptions(cache: CacheControl | undefined): Options {
  if (cache === undefined) return {};
  const ttl = cache.ttl === null ? {} : { ttl: cache.ttl };
  return {
    anthropic: { cacheControl: { type: "ephemeral", ...ttl } },
    amazonBedrock: { cachePoint: { type: "default", ...ttl } },
    openai: { promptCacheBreakpoint: { mode: "explicit" } },
  };
}

/** All that a part has to say to each package; undefined where that is nothing. */
function options(...list: readonly Options[]): Options | undefined {
  const merged: Options = {};
  for (const namespaces of list) {
    for (const [name, values] of Object.entries(namespaces)) {
      if (Object.keys(values).length > 0) merged[name] = { ...merged[name], ...values };
    }
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
}
