import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { fromOpenai, hubRequest, openaiBody, writeRequest } from "./bodies.ts";

interface Case {
  readonly it: string;
  readonly model?: string;
  readonly from: JsonObject;
  /** Beside what the smallest request has. */
  readonly to: JsonObject;
  readonly warnings?: readonly string[];
}

const hi = { role: "user", content: "Hi" };
const hello = { role: "assistant", content: "Hello" };
const say = (role: string, content: string) => ({ role, content });

function expectWritten({ model, from, to, warnings = [] }: Case): void {
  const written = fromOpenai(openaiBody(from), model === undefined ? {} : { model });
  expect(written.body).toEqual({
    model: model ?? "claude-sonnet-4-5",
    max_tokens: 100,
    messages: [hi],
    ...to,
  });
  expect(written.warnings).toEqual(warnings);
}

function refusalOf(from: JsonObject, model = "claude-sonnet-4-5"): string {
  try {
    fromOpenai(openaiBody(from), { model });
  } catch (error) {
    if (error instanceof CodecError) return `${error.code} ${error.path}`;
  }
  throw new Error("nothing was refused");
}

describe("System text", () => {
  test.each<Case>([
    {
      it: "goes to the front",
      from: { messages: [say("system", "Be brief."), hi] },
      to: { system: "Be brief." },
    },
    {
      it: "of several messages is joined by line feeds",
      from: { messages: [say("system", "A"), say("developer", "B"), hi, say("system", "C")] },
      to: { system: "A\nB\nC" },
    },
    {
      it: "stays in blocks where one of them is cached up to",
      from: {
        messages: [
          {
            role: "system",
            content: [{ type: "text", text: "A", cache_control: { type: "ephemeral", ttl: "1h" } }],
          },
          say("system", "B"),
          hi,
        ],
      },
      to: {
        system: [
          { type: "text", text: "A", cache_control: { type: "ephemeral", ttl: "1h" } },
          { type: "text", text: "B" },
        ],
      },
    },
    {
      it: "that is empty is left out",
      from: { messages: [say("system", ""), hi] },
      to: {},
    },
    {
      it: "alone gets a message of the user's",
      from: { messages: [say("system", "Tell a joke.")] },
      to: { system: "Tell a joke.", messages: [say("user", "Begin.")] },
      warnings: ["messages: Anthropic wants a message of the user's: one is made"],
    },
    {
      it: "stays between turns where the model takes it",
      model: "claude-opus-4-8",
      from: {
        messages: [say("system", "A"), hi, say("system", "B"), hello, say("user", "Bye")],
      },
      to: { system: "A", messages: [hi, say("system", "B"), hello, say("user", "Bye")] },
    },
    {
      it: "is last where the model takes it",
      model: "claude-opus-4-8",
      from: { messages: [hi, say("developer", "B")] },
      to: { messages: [hi, say("system", "B")] },
    },
    {
      it: "lets the user's turn go first, in which two turns become one",
      model: "claude-opus-4-8",
      from: { messages: [hi, say("system", "B"), say("user", "Now"), say("system", "C")] },
      to: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Hi" },
              { type: "text", text: "Now" },
            ],
          },
          {
            role: "system",
            content: [
              { type: "text", text: "B" },
              { type: "text", text: "C" },
            ],
          },
        ],
      },
    },
    {
      it: "behind the assistant's turn goes to the front",
      model: "claude-opus-4-8",
      from: { messages: [hi, hello, say("system", "B"), say("assistant", "!"), hi] },
      to: {
        system: "B",
        messages: [
          hi,
          {
            role: "assistant",
            content: [
              { type: "text", text: "Hello" },
              { type: "text", text: "!" },
            ],
          },
          hi,
        ],
      },
    },
  ])("$it", expectWritten);
});

const callOf = (id: string) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: `{"city":"Rome"}` },
});
const useOf = (id: string) => ({
  type: "tool_use",
  id,
  name: "weather",
  input: { city: "Rome" },
});

describe("Turns", () => {
  test.each<Case>([
    {
      it: "of one role are joined",
      from: { messages: [hi, say("user", "There"), hello, hello, hi] },
      to: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Hi" },
              { type: "text", text: "There" },
            ],
          },
          {
            role: "assistant",
            content: [
              { type: "text", text: "Hello" },
              { type: "text", text: "Hello" },
            ],
          },
          hi,
        ],
      },
    },
    {
      it: "without text are left out",
      from: {
        messages: [say("user", ""), { role: "user", content: [{ type: "text", text: "" }] }, hi],
      },
      to: {},
    },
    {
      it: "with results of tools have them first",
      from: {
        messages: [
          hi,
          { role: "assistant", content: null, tool_calls: [callOf("c1"), callOf("c2")] },
          say("user", "By the way"),
          { role: "tool", tool_call_id: "c2", content: "Two" },
          { role: "tool", tool_call_id: "c1", content: "" },
        ],
      },
      to: {
        messages: [
          hi,
          { role: "assistant", content: [useOf("c1"), useOf("c2")] },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "c2", content: "Two" },
              { type: "tool_result", tool_use_id: "c1" },
              { type: "text", text: "By the way" },
            ],
          },
        ],
      },
    },
    {
      it: "have ids that Anthropic takes, the same at the call and at its result",
      from: {
        messages: [
          hi,
          { role: "assistant", content: "So:", tool_calls: [callOf("call:1.ü")] },
          { role: "tool", tool_call_id: "call:1.ü", content: "Sunny" },
        ],
      },
      to: {
        messages: [
          hi,
          {
            role: "assistant",
            content: [{ type: "text", text: "So:" }, useOf("call_3a_1_2e__fc_")],
          },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "call_3a_1_2e__fc_", content: "Sunny" }],
          },
        ],
      },
    },
    {
      it: "of the old function calls are calls of tools",
      from: {
        messages: [
          hi,
          {
            role: "assistant",
            content: null,
            function_call: { name: "weather", arguments: `{"city":"Rome"}` },
          },
          { role: "function", name: "weather", content: "Sunny" },
        ],
      },
      to: {
        messages: [
          hi,
          { role: "assistant", content: [useOf("call_0")] },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "call_0", content: "Sunny" }],
          },
        ],
      },
    },
    {
      it: "have a refusal as text",
      from: { messages: [hi, { role: "assistant", refusal: "No.", content: null }, hi] },
      to: {
        messages: [hi, { role: "assistant", content: [{ type: "text", text: "No." }] }, hi],
      },
    },
    {
      it: "lose the names of their speakers with a warning",
      from: { messages: [{ role: "user", name: "Ann", content: "Hi" }] },
      to: {},
      warnings: ["messages[].name: the target has no names of speakers"],
    },
    {
      it: "of the assistant at the end lose white space, and are gone on with",
      from: { messages: [hi, say("assistant", "Well \n")] },
      to: { messages: [hi, say("assistant", "Well")] },
    },
    {
      it: "of white space alone at the end are left out",
      from: { messages: [hi, say("assistant", " \n")] },
      to: {},
    },
    {
      it: "may begin with the assistant's",
      from: { messages: [hello, hi] },
      to: { messages: [hello, hi] },
    },
    {
      it: "begin with the user's where the model wants it",
      model: "claude-3-haiku-20240307",
      from: { messages: [hello, hi] },
      to: { messages: [say("user", "Begin."), hello, hi] },
      warnings: ["messages[]: this model wants a message of the user's first: one is made"],
    },
    {
      it: "lose what another family's model thought",
      from: {
        messages: [hi, { role: "assistant", content: "Hello", reasoning_content: "Hm" }, hi],
      },
      to: { messages: [hi, { role: "assistant", content: [{ type: "text", text: "Hello" }] }, hi] },
      warnings: ["messages[]: Anthropic takes back only thinking that its own models signed"],
    },
    {
      it: "keep what Anthropic's own models thought",
      from: {
        messages: [
          hi,
          {
            role: "assistant",
            content: "Hello",
            thinking_blocks: [
              { type: "thinking", thinking: "Hm", signature: "c2ln" },
              { type: "redacted_thinking", data: "ZGF0YQ" },
            ],
          },
          hi,
        ],
      },
      to: {
        messages: [
          hi,
          {
            role: "assistant",
            content: [
              { type: "thinking", thinking: "Hm", signature: "c2ln" },
              { type: "redacted_thinking", data: "ZGF0YQ" },
              { type: "text", text: "Hello" },
            ],
          },
          hi,
        ],
      },
    },
  ])("$it", expectWritten);

  test.each([["claude-opus-4-6"], ["claude-haiku-5-5"]])(
    "don't end with the assistant's where %s wouldn't go on with it",
    (model) => {
      expect(refusalOf({ messages: [hi, hello] }, model)).toBe("untranslatable messages[1]");
    },
  );

  test.each([
    [{ arguments: "{" }, "messages[1].tool_calls[0]"],
    [{ arguments: "[1]" }, "messages[1].tool_calls[0]"],
  ])("refuse a call with the arguments %j", (more, path) => {
    const call = { ...callOf("c1"), function: { name: "weather", ...more } };
    const messages = [hi, { role: "assistant", tool_calls: [call] }];
    expect(refusalOf({ messages })).toBe(`untranslatable ${path}`);
  });

  test("refuse a conversation without messages", () => {
    expect(refusalOf({ messages: [] })).toBe("untranslatable messages");
  });

  test("have an error, and JSON, of another family's results", () => {
    const at = { parent: ROOT, key: "contents" };
    const input = { kind: "object", value: {} } as const;
    const json = { kind: "json", value: { error: "none" }, at } as const;
    const written = writeRequest(
      hubRequest({
        messages: [
          { kind: "user", at, parts: [{ kind: "text", text: "Hi", at }] },
          {
            kind: "assistant",
            at,
            parts: [{ kind: "tool_call", id: "1", name: "weather", input, at }],
          },
          {
            kind: "tool",
            at,
            parts: [
              {
                kind: "tool_result",
                callId: "1",
                name: "weather",
                content: [json],
                isError: true,
                at,
              },
            ],
          },
        ],
      }),
    );
    expect(written.body["messages"]).toEqual([
      hi,
      { role: "assistant", content: [{ type: "tool_use", id: "1", name: "weather", input: {} }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "1",
            content: [{ type: "text", text: `{"error":"none"}` }],
            is_error: true,
          },
        ],
      },
    ]);
  });
});

describe("Settings", () => {
  test.each<Case>([
    { it: "stop", from: { stop: "END" }, to: { stop_sequences: ["END"] } },
    {
      it: "stops of white space alone",
      from: { stop: ["\n", "END", ""] },
      to: { stop_sequences: ["END"] },
      warnings: ["stop: Anthropic's stops can't be white space alone"],
    },
    { it: "no stops", from: { stop: [] }, to: {} },
    { it: "user", from: { user: "u-1" }, to: { metadata: { user_id: "u-1" } } },
    {
      it: "a user with too long a name",
      from: { user: "u".repeat(513) },
      to: {},
      warnings: ["user: Anthropic takes at most 512 characters"],
    },
    { it: "one choice", from: { n: 1 }, to: {} },
    { it: "a service tier in a batch", from: { service_tier: "flex" }, to: {} },
    {
      it: "what Anthropic doesn't have",
      from: {
        seed: 1,
        presence_penalty: 0.5,
        frequency_penalty: 0.5,
        logprobs: true,
        top_logprobs: 2,
        logit_bias: { 1: 2 },
        verbosity: "low",
        prompt_cache_key: "k",
        metadata: { a: "b" },
        store: true,
        some_new_field: 1,
      },
      to: {},
      warnings: [
        "some_new_field: has no equivalent in anthropic.messages",
        "seed: the target can't say it",
        "presencePenalty: the target can't say it",
        "frequencyPenalty: the target can't say it",
        "logprobs: the target can't say it",
        "topLogprobs: the target can't say it",
        "logitBias: the target can't say it",
        "verbosity: the target can't say it",
        "promptCacheKey: the target can't say it",
        "metadata: the target can't say it",
        "store: the target can't say it",
      ],
    },
  ])("$it", expectWritten);

  test("several choices are refused", () => {
    expect(refusalOf({ n: 2 })).toBe("untranslatable choiceCount");
  });

  test.each([
    ["auto", "auto", []],
    ["default", "standard_only", []],
    ["priority", undefined, ["serviceTier: Anthropic has auto and standard only"]],
  ])("the service tier %s of a single call is %s", (tier, written, warnings) => {
    const { body, warnings: found } = fromOpenai(openaiBody({ service_tier: tier }), {
      isBatch: false,
    });
    expect(body["service_tier"]).toBe(written);
    expect(found).toEqual(warnings);
  });

  test("strict refuses what would be a warning", () => {
    const write = () => fromOpenai(openaiBody({ temperature: 2 }), { mode: "strict" });
    expect(write).toThrow(expect.objectContaining({ code: "untranslatable" }));
  });

  test("no model is written where nobody names one", () => {
    const { body } = fromOpenai(openaiBody(), { model: null });
    expect(body).not.toHaveProperty("model");
  });
});

describe("Places to cache up to", () => {
  const cache = { type: "ephemeral" } as const;
  const cached = (text: string) => ({ type: "text", text, cache_control: cache });
  const tool = {
    type: "function",
    function: { name: "weather" },
    cache_control: cache,
  };

  test("are counted in the order of the prompt, and at most four", () => {
    const { body, warnings } = fromOpenai(
      openaiBody({
        tools: [tool],
        messages: [
          { role: "system", content: [cached("S")] },
          { role: "user", content: [cached("A"), cached("B"), cached("C")] },
        ],
      }),
    );
    expect(body).toMatchObject({
      tools: [{ name: "weather", cache_control: cache }],
      system: [cached("S")],
      messages: [
        { role: "user", content: [cached("A"), cached("B"), { type: "text", text: "C" }] },
      ],
    });
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4);
    expect(warnings).toEqual([
      "messages[].content[]: Anthropic takes at most 4 places to cache up to",
    ]);
  });

  test("are three where Anthropic itself makes one", () => {
    const at = { parent: ROOT, key: "contents" };
    const parts = ["A", "B", "C", "D"].map(
      (text) => ({ kind: "text", text, at, cache: { ttl: null } }) as const,
    );
    const { body, warnings } = writeRequest(
      hubRequest({ cache: { ttl: "5m" }, messages: [{ kind: "user", at, parts }] }),
    );
    expect(body["cache_control"]).toEqual({ type: "ephemeral", ttl: "5m" });
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4);
    expect(warnings).toHaveLength(1);
  });
});
