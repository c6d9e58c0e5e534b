import { describe, expect, test } from "vitest";
import type { ChatResponse, Choice, Usage } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { specProblem } from "../../support/specs.ts";
import { completion, COMPLETIONS } from "./completions.ts";
import { foreignResponse, place, writtenResponse } from "./translated.ts";

const at = place("content", 0);

const USAGE: Usage = {
  inputTokens: 100,
  cacheReadTokens: 30,
  cacheWriteTokens: 20,
  outputTokens: 50,
  reasoningTokens: 40,
  totalTokens: 150,
};

describe("a chat completion", () => {
  test.each(Object.entries(COMPLETIONS))("with %s comes out as it went in", (_, body) => {
    const { body: written, warnings } = writtenResponse(openaiChat.parseResponse(body), openaiChat);
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
    expect(specProblem("openai", "CreateChatCompletionResponse", written)).toBeNull();
  });

  test.each<[string, JsonObject, Partial<Choice>]>([
    ["a stop", completion({ content: "" }), { finish: { reason: "stop", native: "stop" } }],
    [
      "a forced call as a call",
      completion({
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "" } }],
      }),
      { finish: { reason: "tool_calls", native: "stop" } },
    ],
    [
      "the old function call as a call",
      completion(
        { function_call: { name: "f", arguments: "{}" } },
        { finish_reason: "function_call" },
      ),
      { finish: { reason: "tool_calls", native: "function_call" } },
    ],
    [
      "a refusal as such",
      completion({ refusal: "No." }),
      { finish: { reason: "refusal", native: "stop" } },
    ],
    [
      "a reason of tomorrow",
      completion({ content: "" }, { finish_reason: "bored" }),
      { finish: { reason: "other", native: "bored" } },
    ],
    [
      "no reason at all",
      completion({ content: "" }, { finish_reason: null }),
      { finish: { reason: "other", native: null } },
    ],
  ])("is read with %s", (_, body, expected) => {
    expect(openaiChat.parseResponse(body).choices[0]).toMatchObject(expected);
  });

  test.each<[string, JsonObject, readonly Partial<AssistantPart>[]]>([
    [
      "parts instead of a text",
      completion({
        content: [
          { type: "text", text: "a" },
          { type: "thinking", thinking: [] },
        ],
      }),
      [
        { kind: "text", text: "a" },
        { kind: "native", type: "thinking" },
      ],
    ],
    [
      "a call without an id, with an object for arguments",
      completion({ tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] }),
      [{ kind: "tool_call", id: "call_0", input: { kind: "object", value: { a: 1 } } }],
    ],
    [
      "a call of a kind of tomorrow",
      completion({ tool_calls: [{ id: "c", type: "mcp", mcp: {} }] }),
      [{ kind: "native", type: "mcp" }],
    ],
    [
      "the other name of thinking",
      completion({ content: "a", reasoning: "Hm" }),
      [{ kind: "reasoning", text: "Hm" }, { kind: "text" }],
    ],
    [
      "an answer that was only spoken",
      completion({ audio: { id: "a", transcript: "Hello", data: "", expires_at: 1 } }),
      [
        { kind: "text", text: "Hello" },
        { kind: "native", type: "audio" },
      ],
    ],
    [
      "nonsense where only gateways write",
      completion({
        content: "a",
        reasoning_content: 1,
        thinking_blocks: [1, {}],
        images: [2],
        extra_content: 3,
      }),
      [{ kind: "text", text: "a" }],
    ],
  ])("of a compatible host may have %s", (_, body, expected) => {
    const { choices } = openaiChat.parseResponse(body);
    expect(choices[0]?.parts).toHaveLength(expected.length);
    expect(choices[0]?.parts).toMatchObject(expected);
  });

  test("keeps a reason and a field of tomorrow, which a response doesn't know", () => {
    const choice = completion({ content: "Hi" }, { finish_reason: "bored" });
    const body = { ...choice, moonlight: { phase: "full" } };
    const read = openaiChat.parseResponse(body);
    expect(writtenResponse(read, openaiChat).body).toEqual(body);
    const { body: other } = writtenResponse(read, openaiResponses);
    expect(other).toMatchObject({ status: "completed" });
    expect(other).not.toHaveProperty("moonlight");
  });

  test("without a choice is one that says nothing", () => {
    const { choices } = openaiChat.parseResponse({ choices: [] });
    expect(choices).toEqual([{ index: 0, parts: [], finish: { reason: "other", native: null } }]);
  });

  test("may lack all that only describes it, or have it wrong", () => {
    const body = {
      id: 1,
      created: "now",
      model: null,
      usage: { prompt_tokens: "many", completion_tokens_details: [] },
      choices: [{ message: { content: "Hi" }, logprobs: { content: [1, { token: "a" }] } }],
      system_fingerprint: {},
    };
    const response = openaiChat.parseResponse(body);
    expect(response).toMatchObject({
      id: null,
      model: null,
      createdAtSeconds: null,
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    });
    expect(writtenResponse(response, openaiChat).body).toMatchObject({
      id: "chatcmpl-1",
      created: 1_790_000_000,
      model: "gpt-4o",
    });
  });

  test.each<[string, string, JsonObject]>([
    ["no choices", "choices", { error: { message: "x" } }],
    ["a choice that is a text", "choices[0]", { choices: ["a"] }],
    ["a choice without a message", "choices[0].message", { choices: [{}] }],
    [
      "content that is a number",
      "choices[0].message.content",
      { choices: [{ message: { content: 1 } }] },
    ],
    [
      "a call without a name",
      "choices[0].message.tool_calls[0].function.name",
      { choices: [{ message: { tool_calls: [{ function: {} }] } }] },
    ],
  ])("with %s is no answer", (_, path, body) => {
    expect(() => openaiChat.parseResponse(body)).toThrow(
      expect.objectContaining({ code: "invalid_request", path }),
    );
  });

  test.each<[string, ChatResponse, JsonObject, readonly string[]]>([
    [
      "texts, thinking, and calls",
      foreignResponse(
        {
          parts: [
            { kind: "reasoning", text: "Hm", signature: { family: "anthropic", value: "s" }, at },
            { kind: "redacted_reasoning", data: { family: "anthropic", value: "r" }, at },
            { kind: "text", text: "Hello ", at },
            { kind: "text", text: "there", at },
            {
              kind: "tool_call",
              id: "toolu_1",
              name: "f",
              input: { kind: "object", value: { a: 1 } },
              signature: { family: "gemini", value: "g" },
              at,
            },
          ],
          finish: { reason: "tool_calls", native: "tool_use" },
        },
        { id: "msg_1", model: "claude", createdAtSeconds: 5_000_000_000, usage: USAGE },
      ),
      {
        id: "msg_1",
        object: "chat.completion",
        created: 5_000_000_000,
        model: "claude",
        choices: [
          {
            index: 0,
            message: {
              role: "assistant",
              content: "Hello there",
              refusal: null,
              reasoning_content: "Hm",
              thinking_blocks: [
                { type: "thinking", thinking: "Hm", signature: "s" },
                { type: "redacted_thinking", data: "r" },
              ],
              tool_calls: [
                {
                  id: "toolu_1",
                  type: "function",
                  function: { name: "f", arguments: '{"a":1}' },
                  extra_content: { google: { thought_signature: "g" } },
                },
              ],
            },
            logprobs: null,
            finish_reason: "tool_calls",
          },
        ],
        usage: {
          prompt_tokens: 100,
          completion_tokens: 50,
          total_tokens: 150,
          prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
          completion_tokens_details: { reasoning_tokens: 40 },
        },
      },
      [],
    ],
    [
      "a stop sequence",
      foreignResponse({
        parts: [{ kind: "text", text: "a", at }],
        finish: { reason: "stop_sequence", native: "stop_sequence", stopSequence: "x" },
      }),
      answer({ content: "a" }, { finish_reason: "stop", native_finish_reason: "stop_sequence" }),
      [],
    ],
    [
      "a prompt that was blocked",
      foreignResponse(
        { finish: { reason: "content_filter", native: "SAFETY", message: "Too sharp" } },
        { family: "gemini" },
      ),
      answer(
        { refusal: "Too sharp" },
        { finish_reason: "content_filter", native_finish_reason: "SAFETY" },
      ),
      [],
    ],
    [
      "a prompt that was blocked without a word",
      foreignResponse({ finish: { reason: "content_filter", native: "SAFETY" } }),
      answer(
        { refusal: "The provider blocked this: SAFETY" },
        { finish_reason: "content_filter", native_finish_reason: "SAFETY" },
      ),
      [],
    ],
    [
      "nothing before the limit",
      foreignResponse({ finish: { reason: "length", native: "MAX_TOKENS" } }),
      answer({ content: "" }, { finish_reason: "length" }),
      [],
    ],
    [
      "a model that declined in the middle",
      foreignResponse({
        parts: [{ kind: "text", text: "Well", at }],
        finish: { reason: "refusal", native: "refusal" },
      }),
      answer(
        { content: "Well" },
        { finish_reason: "content_filter", native_finish_reason: "refusal" },
      ),
      [],
    ],
    [
      "a reason that nobody knows",
      foreignResponse({
        parts: [{ kind: "text", text: "a", at }],
        finish: { reason: "other", native: "NEW_REASON" },
      }),
      answer({ content: "a" }, { finish_reason: "stop", native_finish_reason: "NEW_REASON" }),
      [],
    ],
    [
      "an image, and what has no place",
      foreignResponse({
        parts: [
          { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AA" }, at },
          { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AA" }, at },
          { kind: "native", family: "anthropic", type: "server_tool_use", value: {}, at },
        ],
      }),
      answer({
        images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }],
      }),
      ["content[]", "content[]"],
    ],
    [
      "the signature of a text",
      foreignResponse({
        parts: [{ kind: "text", text: "a", signature: { family: "gemini", value: "g" }, at }],
      }),
      answer({ content: "a", extra_content: { google: { thought_signature: "g" } } }),
      [],
    ],
    [
      "logprobs without bytes",
      foreignResponse({
        parts: [{ kind: "text", text: "ü", at }],
        logprobs: [{ token: "ü", logprob: -1, top: [] }],
      }),
      answer(
        { content: "ü" },
        {
          logprobs: {
            content: [{ token: "ü", logprob: -1, bytes: [195, 188], top_logprobs: [] }],
            refusal: null,
          },
        },
      ),
      [],
    ],
    [
      "another family's tier",
      foreignResponse({ parts: [{ kind: "text", text: "a", at }] }, { serviceTier: "batch" }),
      answer({ content: "a" }),
      [],
    ],
  ])("is written with %s", (...[, response, expected, warned]) => {
    const { body, warnings } = writtenResponse(response, openaiChat);
    expect(body).toEqual(expected);
    expect(warnings).toEqual(warned);
    expect(specProblem("openai", "CreateChatCompletionResponse", body)).toBeNull();
  });

  test("carries foreign signatures there and back", () => {
    const parts: AssistantPart[] = [
      { kind: "reasoning", text: "a", signature: { family: "gemini", value: "g" }, at },
      { kind: "reasoning", text: "b", signature: { family: "bedrock", value: "b" }, at },
      { kind: "redacted_reasoning", data: { family: "openai", value: "o" }, at },
      {
        kind: "tool_call",
        id: "c",
        name: "f",
        input: { kind: "json_text", text: "{}" },
        signature: { family: "anthropic", value: "x" },
        at,
      },
    ];
    const { body } = writtenResponse(foreignResponse({ parts }), openaiChat);
    const read = openaiChat.parseResponse(body).choices[0]?.parts ?? [];
    const withoutPlace = (part: AssistantPart) => ({ ...part, at: null });
    expect(read.map(withoutPlace)).toEqual(parts.map(withoutPlace));
  });
});

function answer(message: JsonObject, choice: JsonObject = {}): JsonObject {
  return {
    ...completion(message, choice),
    id: "chatcmpl-1",
    created: 1_790_000_000,
    model: "gpt-4o",
  };
}
