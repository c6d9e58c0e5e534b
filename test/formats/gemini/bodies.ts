import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { ChatResponse } from "../../../src/core/chat-response.ts";
import type { AssistantPart, ToolResultPart, UserPart } from "../../../src/core/content.ts";
import type { ChatCodec, EmbeddingWriteContext } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, fieldText, type JsonPath, ROOT } from "../../../src/core/json-path.ts";
import type { Where } from "../../../src/core/write-context.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import { NO_SIGNATURE } from "../../../src/formats/gemini/thought-signature.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { specProblem } from "../../support/specs.ts";

export interface TestContext extends EmbeddingWriteContext {
  /** The fields that were warned of, in order. */
  readonly warnings: string[];
  readonly reasons: string[];
}

export interface ContextOptions {
  readonly model?: string | null;
  readonly isBatch?: boolean;
}

export function createContext({
  model = "gemini-2.5-flash",
  isBatch = true,
}: ContextOptions = {}): TestContext {
  const warnings: string[] = [];
  const reasons: string[] = [];
  return {
    model,
    isBatch,
    encoding: "float",
    warnings,
    reasons,
    warn: (where, reason) => {
      warnings.push(nameOf(where));
      reasons.push(reason);
    },
    reveal: (text) => text,
    untranslatable: (where, message) => new CodecError("untranslatable", where, message),
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}test`,
  };
}

function nameOf(where: Where): string {
  return typeof where === "string" ? where : fieldText(where);
}

export interface Written {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
  readonly reasons: readonly string[];
}

/** As lines are mapped: what Gemini can't say first, then the body, held against Google's own schema. */
export function written(request: ChatRequest, options: ContextOptions = {}): Written {
  const context = createContext(options);
  reportUnsaid(request, geminiChat, context);
  const body = printed(geminiChat.writeRequest(request, context));
  expectValid("GenerateContentRequest", body);
  return { body, warnings: context.warnings, reasons: context.reasons };
}

/** A body of Gemini's through the hub and back. */
export function throughHub(body: JsonObject, options: ContextOptions = {}): Written {
  return written(geminiChat.parseRequest(body), options);
}

export function fromOpenai(body: JsonObject, options: ContextOptions = {}): Written {
  return written(
    openaiChat.parseRequest({ messages: [{ role: "user", content: "Hi" }], ...body }),
    options,
  );
}

/** A body of Gemini's, as another family's writer sees it. */
export function toOpenai(body: JsonObject): Written {
  return crossed(body, openaiChat);
}

function crossed(body: JsonObject, codec: ChatCodec): Written {
  const context = createContext({ model: "gpt-4.1" });
  const request = geminiChat.parseRequest(body);
  reportUnsaid(request, codec, context);
  const crossedBody = printed(codec.writeRequest(request, context));
  return { body: crossedBody, warnings: context.warnings, reasons: context.reasons };
}

export function writtenResponse(response: ChatResponse, options: ContextOptions = {}): Written {
  const context = createContext({ model: "gpt-4.1", ...options });
  const body = printed(geminiChat.writeResponse(response, context));
  expectValid("GenerateContentResponse", body);
  return { body, warnings: context.warnings, reasons: context.reasons };
}

/** Google's JSON takes base64 in its form for URLs too, in which the documented stand-in for a signature is. */
export function expectValid(schema: string, value: unknown): void {
  const standard = JSON.stringify(value).replaceAll(NO_SIGNATURE, "c2tpcA==");
  const problem = specProblem("gemini", schema, JSON.parse(standard));
  if (problem !== null) throw new Error(`${problem}\n${JSON.stringify(value, null, 1)}`);
}

/** What goes over the wire: without what is undefined. */
export function printed(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject;
}

export const hi: JsonObject = { role: "user", parts: [{ text: "Hi" }] };

/** The smallest body, and more of it. */
export function geminiBody(more: JsonObject = {}): JsonObject {
  return { contents: [hi], ...more };
}

/** A place in a body of another format. */
export function place(...keys: readonly (string | number)[]): JsonPath {
  return keys.reduce(childPath, ROOT);
}

export const at = place("messages", 0, "content", 0);

export const user = (...parts: readonly UserPart[]): Message => ({
  kind: "user",
  at: place("messages", 0),
  parts,
});
export const assistant = (...parts: readonly AssistantPart[]): Message => ({
  kind: "assistant",
  at: place("messages", 1),
  parts,
});
export const tool = (...parts: readonly ToolResultPart[]): Message => ({
  kind: "tool",
  at: place("messages", 2),
  parts,
});
export const text = (value: string) => ({ kind: "text", text: value, at }) as const;
export const call = (id: string, name = "f") =>
  ({ kind: "tool_call", id, name, input: { kind: "object", value: { a: 1 } }, at }) as const;
export const result = (callId: string, ...content: ToolResultPart["content"]): ToolResultPart => ({
  kind: "tool_result",
  callId,
  name: "f",
  content,
  isError: false,
  at,
});

/** A request of another family: one user text, and whatever a test adds. */
export function foreignRequest(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    family: "anthropic",
    model: "claude-sonnet-4-5",
    messages: [user(text("Hi"))],
    extras: [],
    ...fields,
  };
}

export function foreignResponse(
  choice: Partial<ChatResponse["choices"][number]> = {},
  fields: Partial<ChatResponse> = {},
): ChatResponse {
  return {
    family: "anthropic",
    id: "msg_1",
    model: "claude-sonnet-4-5",
    createdAtSeconds: null,
    choices: [{ index: 0, parts: [], finish: { reason: "stop", native: "end_turn" }, ...choice }],
    usage: null,
    extras: [],
    ...fields,
  };
}

/** The error that a run throws; fails where it throws none, or one that isn't ours. */
export function errorOf(run: () => unknown): CodecError {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
