import { describe, expect, test } from "vitest";
import type { ChatResponse, Choice, Finish } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../../src/core/tools.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";
import { createContext, expectValid, plain, throughHub } from "./bodies.ts";

/** As the live API answers in a batch. */
const message = (more: JsonObject = {}): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5-20251001",
  content: [{ type: "text", text: "1" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: {
    input_tokens: 16,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 5,
    service_tier: "batch",
    inference_geo: "not_available",
  },
  ...more,
});

const parse = (more: JsonObject = {}): ChatResponse =>
  anthropicMessages.parseResponse(message(more));
const choiceOf = (more: JsonObject = {}): Choice | undefined => parse(more).choices[0];

describe("Reading", () => {
  test("a Message", () => {
    expect(parse()).toMatchObject({
      family: "anthropic",
      id: "msg_1",
      model: "claude-haiku-4-5-20251001",
      createdAtSeconds: null,
      choices: [
        {
          index: 0,
          parts: [{ kind: "text", text: "1" }],
          finish: { reason: "stop", native: "end_turn" },
        },
      ],
      serviceTier: "batch",
    });
  });

  test.each<[string | null, JsonObject, Finish]>([
    ["end_turn", {}, { reason: "stop", native: "end_turn" }],
    [
      "stop_sequence",
      { stop_sequence: "END" },
      { reason: "stop_sequence", native: "stop_sequence", stopSequence: "END" },
    ],
    ["max_tokens", {}, { reason: "length", native: "max_tokens" }],
    [
      "model_context_window_exceeded",
      {},
      { reason: "context_window", native: "model_context_window_exceeded" },
    ],
    ["tool_use", {}, { reason: "tool_calls", native: "tool_use" }],
    ["pause_turn", {}, { reason: "pause", native: "pause_turn" }],
    [
      "refusal",
      { stop_details: { type: "refusal", category: "bio", explanation: "No." } },
      { reason: "refusal", native: "refusal", message: "No." },
    ],
    [
      "refusal",
      { stop_details: { type: "refusal", category: "bio", explanation: null } },
      { reason: "refusal", native: "refusal", message: "bio" },
    ],
    ["compaction", {}, { reason: "other", native: "compaction" }],
    [null, {}, { reason: "other", native: null }],
  ])("the stop reason %s", (stop_reason, more, finish) => {
    expect(choiceOf({ stop_reason, ...more })?.finish).toEqual({
      stopSequence: undefined,
      message: undefined,
      ...finish,
    });
  });

  test.each<[JsonObject, JsonObject]>([
    [
      { input_tokens: 16, output_tokens: 5 },
      { inputTokens: 16, outputTokens: 5, totalTokens: 21 },
    ],
    [
      {
        input_tokens: 10,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 50,
        output_tokens_details: { thinking_tokens: 40 },
      },
      {
        inputTokens: 140,
        cacheReadTokens: 100,
        cacheWriteTokens: 30,
        cacheWriteHourTokens: 20,
        outputTokens: 50,
        reasoningTokens: 40,
        totalTokens: 190,
      },
    ],
    [
      { input_tokens: "many", cache_creation: 4, output_tokens: -1 },
      { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    ],
  ])("the usage %j", (usage, parsed) => {
    expect(plain({ usage: { ...parse({ usage }).usage } })).toEqual({ usage: parsed });
  });

  test.each<[JsonObject, AssistantPart["kind"][]]>([
    [{ type: "thinking", thinking: "Hm", signature: "c2ln" }, ["reasoning"]],
    [{ type: "redacted_thinking", data: "ZGF0YQ" }, ["redacted_reasoning"]],
    [{ type: "tool_use", id: "a", name: "b", input: {} }, ["tool_call"]],
    [{ type: "text", text: "a", citations: [{ type: "char_location" }] }, ["text", "native"]],
    [{ type: "server_tool_use", id: "a", name: "web_search", input: {} }, ["native"]],
    [{ type: "made_after_this_was_written", what: [1, { ever: true }] }, ["native"]],
    [{ type: "text" }, ["text"]],
    [{ type: "tool_use", input: "[1" }, ["tool_call"]],
    [{}, ["native"]],
  ])("the block %j", (block, kinds) => {
    const choice = choiceOf({ content: [block] });
    expect(choice?.parts.map((part) => part.kind)).toEqual(kinds);
  });

  test("what only describes isn't read twice, and is kept", () => {
    const extras = parse({ container: { id: "c" }, content: ["odd"] }).extras;
    expect(extras.map((extra) => extra.value)).toEqual([{ id: "c" }, "odd", "not_available"]);
  });

  test.each([{ content: null }, { content: undefined }])("no content: %j", (more) => {
    expect(choiceOf(more)?.parts).toEqual([]);
  });

  test("content that isn't a list is no Message", () => {
    expect(() => parse({ content: "1" })).toThrow(
      expect.objectContaining({ code: "invalid_request", path: "content" }),
    );
  });

  test("a call that was only how the answer was made is a text", () => {
    const choice = choiceOf({
      content: [
        { type: "thinking", thinking: "Hm", signature: "c2ln" },
        { type: "text", text: "Here you are:" },
        { type: "tool_use", id: "a", name: JSON_OUTPUT_TOOL, input: { b: [1] } },
        { type: "tool_use", id: "c", name: JSON_OUTPUT_TOOL, input: {} },
      ],
      stop_reason: "tool_use",
    });
    expect(choice?.parts).toMatchObject([
      { kind: "reasoning" },
      { kind: "text", text: `{"b":[1]}` },
    ]);
    expect(choice?.finish).toEqual({ reason: "stop", native: null });
  });

  test("such a call that was cut off says so", () => {
    const choice = choiceOf({
      content: [{ type: "tool_use", id: "a", name: JSON_OUTPUT_TOOL, input: {} }],
      stop_reason: "max_tokens",
    });
    expect(choice?.finish.reason).toBe("length");
  });
});

const at = { parent: ROOT, key: "choices" };
const part = (value: object): AssistantPart => ({ at, ...value }) as AssistantPart;

function write(response: Partial<ChatResponse>, isBatch = true) {
  const context = createContext({ isBatch });
  const full: ChatResponse = {
    family: "openai",
    id: "chatcmpl-1",
    model: "gpt-4o-mini",
    createdAtSeconds: 1,
    choices: [],
    usage: null,
    extras: [],
    ...response,
  };
  const body = plain(anthropicMessages.writeResponse(full, context));
  expectValid("Message", { ...body, stop_reason: null });
  return { body, warnings: context.warnings };
}

const choice = (parts: readonly AssistantPart[], finish: Partial<Finish> = {}): Choice => ({
  index: 0,
  parts,
  finish: { reason: "stop", native: "stop", ...finish },
});

describe("Writing another family's", () => {
  test("has every key that Anthropic's clients expect", () => {
    const { body, warnings } = write({
      choices: [choice([part({ kind: "text", text: "Hello" })])],
      usage: {
        inputTokens: 140,
        cacheReadTokens: 100,
        cacheWriteTokens: 30,
        cacheWriteHourTokens: 20,
        outputTokens: 50,
        reasoningTokens: 40,
        totalTokens: 190,
      },
    });
    expect(body).toEqual({
      id: "chatcmpl-1",
      type: "message",
      role: "assistant",
      model: "gpt-4o-mini",
      content: [{ type: "text", text: "Hello", citations: null }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 50,
        output_tokens_details: { thinking_tokens: 40 },
        server_tool_use: null,
        service_tier: "batch",
        inference_geo: null,
      },
      container: null,
    });
    expect(warnings).toEqual([]);
  });

  test("makes what the source doesn't say", () => {
    const { body } = write({ id: null, model: null }, false);
    expect(body).toMatchObject({
      id: "msg_test",
      model: "claude-sonnet-4-5",
      content: [],
      usage: { input_tokens: 0, output_tokens: 0, service_tier: "standard" },
    });
  });

  test.each<[Partial<Finish>, JsonObject]>([
    [{ reason: "stop" }, { stop_reason: "end_turn" }],
    [
      { reason: "stop_sequence", stopSequence: "A" },
      { stop_reason: "stop_sequence", stop_sequence: "A" },
    ],
    [{ reason: "stop_sequence" }, { stop_reason: "end_turn" }],
    [{ reason: "length" }, { stop_reason: "max_tokens" }],
    [{ reason: "context_window" }, { stop_reason: "model_context_window_exceeded" }],
    [{ reason: "tool_calls" }, { stop_reason: "tool_use" }],
    [
      { reason: "content_filter", message: "SAFETY" },
      {
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: null, explanation: "SAFETY" },
      },
    ],
    [{ reason: "refusal" }, { stop_reason: "refusal", stop_details: null }],
    [{ reason: "pause" }, { stop_reason: "pause_turn" }],
    [
      { reason: "malformed_tool_call", message: "m" },
      { stop_reason: "end_turn", stop_details: null },
    ],
    [{ reason: "other", native: "new" }, { stop_reason: "end_turn" }],
  ])("finish %j", (finish, written) => {
    expect(write({ choices: [choice([], finish)] }).body).toMatchObject(written);
  });

  const foreign = { family: "gemini", value: "c2ln" } as const;
  const input = { kind: "json_text", text: `{"a":1}` } as const;
  const call = { kind: "tool_call", id: "c.1", name: "b", input } as const;
  const use = { type: "tool_use", name: "b", caller: { type: "direct" } };
  const thought = { type: "thinking", thinking: "", signature: "crossbatch.gemini.c2ln" };

  test.each<[string, object, readonly JsonObject[], (readonly string[])?]>([
    ["an empty text", { kind: "text", text: "" }, []],
    [
      "a refusal",
      { kind: "refusal", text: "No." },
      [{ type: "text", text: "No.", citations: null }],
    ],
    ["an empty refusal", { kind: "refusal", text: "" }, []],
    [
      "thinking",
      { kind: "reasoning", text: "Hm" },
      [{ type: "thinking", thinking: "Hm", signature: "" }],
    ],
    [
      "signed thinking",
      { kind: "reasoning", text: "Hm", signature: foreign },
      [{ ...thought, thinking: "Hm" }],
    ],
    [
      "thinking that can't be read",
      { kind: "redacted_reasoning", data: { family: "openai", value: "enc" } },
      [{ type: "redacted_thinking", data: "crossbatch.openai.enc" }],
    ],
    ["a call", call, [{ ...use, id: "c_2e_1", input: { a: 1 } }]],
    [
      "a signed call",
      { ...call, signature: foreign },
      [thought, { ...use, id: "c_2e_1", input: { a: 1 } }],
    ],
    [
      "a signed text",
      { kind: "text", text: "Hi", signature: foreign },
      [thought, { type: "text", text: "Hi", citations: null }],
    ],
    [
      "a call without arguments",
      { ...call, input: { kind: "json_text", text: "" } },
      [{ ...use, id: "c_2e_1", input: {} }],
    ],
    [
      "a call with invalid arguments",
      { ...call, input: { kind: "json_text", text: `{"a":` } },
      [{ ...use, id: "c_2e_1", input: { INVALID_JSON: `{"a":` } }],
      ["choices: the call's input isn't a JSON object: it is under INVALID_JSON"],
    ],
    [
      "a call with free text",
      { ...call, input: { kind: "free_text", text: "{}" } },
      [{ ...use, id: "c_2e_1", input: { INVALID_JSON: "{}" } }],
      ["choices: the call's input isn't a JSON object: it is under INVALID_JSON"],
    ],
    [
      "a picture",
      { kind: "image", source: { kind: "url", url: "https://a.example", mediaType: null } },
      [],
      ["choices: a Message has no place for image"],
    ],
    [
      "a part that only another family knows",
      { kind: "native", family: "openai", type: "annotations", value: [] },
      [],
      ["choices: a Message has no place for annotations"],
    ],
  ])("%s", (...[, value, content, warnings = []]) => {
    const written = write({ choices: [choice([part(value)])] });
    expect(written.body["content"]).toEqual(content);
    expect(written.warnings).toEqual(warnings);
  });

  test("says a refusal in the stop reason", () => {
    const parts = [part({ kind: "refusal", text: "No." })];
    expect(write({ choices: [choice(parts)] }).body).toHaveProperty("stop_reason", "refusal");
  });

  test("gives the first of several answers, and no probabilities", () => {
    const first = { ...choice([part({ kind: "text", text: "A" })]), logprobs: [] };
    const { body, warnings } = write({ choices: [first, choice([])] });
    expect(body["content"]).toEqual([{ type: "text", text: "A", citations: null }]);
    expect(warnings).toHaveLength(2);
  });
});

const citation = {
  type: "char_location",
  cited_text: "See",
  document_index: 0,
  document_title: null,
  start_char_index: 0,
  end_char_index: 3,
  file_id: null,
};

describe("Anthropic's own, through the hub", () => {
  test.each<[string, JsonObject]>([
    ["a text", {}],
    [
      "thinking, a call and what only Anthropic knows",
      {
        content: [
          { type: "thinking", thinking: "Hm", signature: "c2ln" },
          { type: "redacted_thinking", data: "ZGF0YQ" },
          { type: "text", text: "See", citations: [citation] },
          { type: "tool_use", id: "toolu_1", name: "a", input: {}, caller: { type: "direct" } },
        ],
        stop_reason: "tool_use",
        container: { id: "c", expires_at: "2026-01-01T00:00:00Z" },
      },
    ],
    [
      "a refusal",
      {
        content: [],
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: "bio", explanation: null },
      },
    ],
    ["a stop", { stop_reason: "stop_sequence", stop_sequence: "END" }],
    ["a full context window", { stop_reason: "model_context_window_exceeded" }],
  ])("%s stays what it is", (_it, more) => {
    const own = message(more);
    const { body, warnings } = throughHub(anthropicMessages, own);
    expect(body).toMatchObject(own);
    expect(warnings).toEqual([]);
  });
});
