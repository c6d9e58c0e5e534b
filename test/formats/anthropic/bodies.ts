import { ROOT } from "../../../src/core/json-path.ts";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import type { ChatCodec } from "../../../src/core/format.ts";
import type { Where, WriteContext } from "../../../src/core/write-context.ts";
import { CodecError } from "../../../src/core/codec-error.ts";
import { fieldText } from "../../../src/core/json-path.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";
import { parseChatRequest } from "../../../src/formats/openai/chat-request.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { specProblem } from "../../support/specs.ts";

export interface TestContext extends WriteContext {
  /** `field: reason`, in order. */
  readonly warnings: readonly string[];
}

export interface ContextOptions {
  readonly model?: string | null;
  readonly isBatch?: boolean;
  readonly mode?: "strict" | "warn";
}

export function createContext(options: ContextOptions = {}): TestContext {
  const { model = "claude-sonnet-4-5", isBatch = true, mode = "warn" } = options;
  const warnings: string[] = [];
  const untranslatable = (where: Where, message: string) =>
    new CodecError("untranslatable", where, message);
  return {
    model,
    isBatch,
    warnings,
    warn(where, reason) {
      if (mode === "strict") throw untranslatable(where, reason);
      warnings.push(`${typeof where === "string" ? where : fieldText(where)}: ${reason}`);
    },
    untranslatable,
    reveal: (text) => text,
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}test`,
  };
}

export interface Written {
  readonly body: Record<string, unknown>;
  readonly warnings: readonly string[];
}

/** Through the hub, as `translate` does it, and checked against Anthropic's own schema. */
export function writeRequest(request: ChatRequest, options: ContextOptions = {}): Written {
  const context = createContext(options);
  reportUnsaid(request, anthropicMessages, context);
  const body = plain(anthropicMessages.writeRequest(request, context));
  expectValid("CreateMessageParams", inOlderWords({ ...body, model: "claude-x" }));
  return { body, warnings: context.warnings };
}

export function fromOpenai(body: JsonObject, options: ContextOptions = {}): Written {
  return writeRequest(parseChatRequest(body), options);
}

/** The smallest OpenAI body, and more of it. */
export function openaiBody(more: JsonObject = {}): JsonObject {
  return {
    model: "gpt-4o-mini",
    max_completion_tokens: 100,
    messages: [{ role: "user", content: "Hi" }],
    ...more,
  };
}

export function fromAnthropic(body: JsonObject, options: ContextOptions = {}): Written {
  return writeRequest(anthropicMessages.parseRequest(body), { model: modelOf(body), ...options });
}

function modelOf(body: JsonObject): string | null {
  return typeof body["model"] === "string" ? body["model"] : null;
}

/** A response of Anthropic's through the hub. */
export function throughHub(
  codec: ChatCodec,
  body: JsonObject,
  options: ContextOptions = {},
): Written {
  const context = createContext(options);
  const written = plain(codec.writeResponse(codec.parseResponse(body), context));
  expectValid("Message", inOlderWords(written));
  return { body: written, warnings: context.warnings };
}

export function expectValid(schema: string, value: unknown): void {
  const problem = specProblem("anthropic", schema, value);
  if (problem !== null) throw new Error(`${problem}\n${JSON.stringify(value, null, 1)}`);
}

/** What goes over the wire: without what is undefined. */
export function plain(body: JsonObject): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
}

/**
 * What Anthropic's clients know since the document was made (`@anthropic-ai/sdk` 1.12.0) in words that it has: system text between
 * turns, stored files, `between_tools`, a full context window.
 */
function inOlderWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOlderWords);
  if (!isJsonObject(value)) return value;
  if (value["type"] === "file" && typeof value["file_id"] === "string") {
    return { type: "url", url: "https://example.com/file" };
  }
  if (value["type"] === "between_tools") return { type: "disabled" };
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    if (key === "role" && item === "system") return [key, "user"];
    if (key === "stop_reason" && item === "model_context_window_exceeded")
      return [key, "max_tokens"];
    return [key, inOlderWords(item)];
  });
  return Object.fromEntries(entries);
}

/** A hub request of another family, for what OpenAI's bodies can't say. */
export function hubRequest(more: Partial<ChatRequest> = {}): ChatRequest {
  const at = { parent: ROOT, key: "contents" };
  return {
    family: "gemini",
    model: null,
    messages: [{ kind: "user", at, parts: [{ kind: "text", text: "Hi", at }] }],
    extras: [],
    maxTokens: 100,
    ...more,
  };
}
