import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import { checkChatBody } from "../../../src/emulators/openai/answers/chat-rules.ts";
import { checkResponseBody } from "../../../src/emulators/openai/answers/response-rules.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { specProblem } from "../../support/specs.ts";
import { conversations } from "./conversations.ts";
import { writtenRequest } from "./translated.ts";

const options = { numRuns: 1000, seed: 1 };

/**
 * What a request means, wherever its parts stood. The Responses API has no turns, so what an assistant says in a row is one
 * message; and only chat completions aren't stored unless asked for.
 */
function meaning(request: ChatRequest): unknown {
  const said = { ...request, store: undefined, messages: joined(request.messages) };
  return JSON.parse(
    JSON.stringify(said, (key, value: unknown) => (key === "at" ? undefined : value)),
  );
}

function joined(messages: readonly Message[]): unknown[] {
  const turns: { readonly kind: string; readonly parts: unknown[] }[] = [];
  for (const { kind, parts } of messages) {
    const last = turns.at(-1);
    if (kind === "assistant" && last?.kind === kind) last.parts.push(...parts);
    else turns.push({ kind, parts: [...parts] });
  }
  return turns;
}

test("a chat completion means the same after the hub", () => {
  fc.assert(
    fc.property(conversations, (body) => {
      const request = openaiChat.parseRequest(body);
      const written = writtenRequest(request, openaiChat);
      expect(written).toEqual({ body, warnings: [] });
      expect(meaning(openaiChat.parseRequest(written.body))).toEqual(meaning(request));
      expect(specProblem("openai", "CreateChatCompletionRequest", written.body)).toBeNull();
    }),
    options,
  );
});

test("a chat completion means the same as a response, and back", () => {
  fc.assert(
    fc.property(conversations, (body) => {
      const request = openaiChat.parseRequest(body);
      const there = writtenRequest(request, openaiResponses);
      expect(there.warnings).toEqual([]);
      expect(specProblem("openai", "CreateResponse", there.body)).toBeNull();
      const read = openaiResponses.parseRequest(there.body);
      expect(meaning(read)).toEqual(meaning(request));
      expect(read.store).toBe(request.store ?? false);
      const again = writtenRequest(read, openaiResponses);
      expect(again).toEqual({ body: there.body, warnings: [] });
    }),
    options,
  );
});

test("what is written is what OpenAI takes", () => {
  let taken = 0;
  fc.assert(
    fc.property(conversations, (body) => {
      // The emulator wants the word itself, and knows which models reason.
      const asked = JSON.stringify(body["messages"]).toLowerCase().includes("json");
      fc.pre(asked || JSON.stringify(body["response_format"] ?? "") !== '{"type":"json_object"}');
      const request = openaiChat.parseRequest(body);
      checkChatBody(writtenRequest(request, openaiChat).body);
      checkResponseBody(writtenRequest(request, openaiResponses).body);
      taken += 1;
    }),
    options,
  );
  expect(taken).toBeGreaterThan(options.numRuns / 2);
});
