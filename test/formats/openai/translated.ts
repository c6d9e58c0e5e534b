import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { ChatResponse } from "../../../src/core/chat-response.ts";
import type { ChatCodec } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { isJsonObject } from "../../../src/core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../../src/core/json-path.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { recordingContext } from "./recording-context.ts";

export interface Translated {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** A request as the mapper of lines writes it: what the target can't say first, then the body, printed and read again. */
export function writtenRequest(
  request: ChatRequest,
  codec: ChatCodec,
  model: string | null = request.model,
): Translated {
  const context = recordingContext({ model });
  reportUnsaid(request, codec, context);
  const body = printed(codec.writeRequest(request, context));
  return { body, warnings: context.warnings };
}

export function writtenResponse(response: ChatResponse, codec: ChatCodec): Translated {
  const context = recordingContext({ model: "gpt-4o" });
  return { body: printed(codec.writeResponse(response, context)), warnings: context.warnings };
}

export function printed(body: JsonObject): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(body));
  if (!isJsonObject(value)) throw new Error("a body must be an object");
  return value;
}

/** A place in a body of another format. */
export function place(...keys: readonly (string | number)[]): JsonPath {
  return keys.reduce(childPath, ROOT);
}

/** A request of another family: one user text, and whatever a test adds. */
export function foreignRequest(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    family: "anthropic",
    model: "claude-sonnet-4-5",
    messages: [userText("Hello")],
    extras: [],
    ...fields,
  };
}

export function userText(text: string): ChatRequest["messages"][number] {
  const at = place("messages", 0);
  return { kind: "user", at, parts: [{ kind: "text", text, at: place("messages", 0, "content") }] };
}

/** A response of another family with these parts. */
export function foreignResponse(
  choice: Partial<ChatResponse["choices"][number]> = {},
  fields: Partial<ChatResponse> = {},
): ChatResponse {
  return {
    family: "anthropic",
    id: null,
    model: null,
    createdAtSeconds: null,
    choices: [{ index: 0, parts: [], finish: { reason: "stop", native: "end_turn" }, ...choice }],
    usage: null,
    extras: [],
    ...fields,
  };
}
