import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";
import { createContext, fromAnthropic, plain } from "./bodies.ts";

const hi = { role: "user", content: "Hi" };
const cache = { type: "ephemeral", ttl: "1h" };
const body = (more: JsonObject = {}): JsonObject => ({
  model: "claude-sonnet-4-5",
  max_tokens: 4000,
  messages: [hi],
  ...more,
});

describe("Anthropic's own, through the hub", () => {
  test.each<[string, JsonObject]>([
    ["the smallest", {}],
    ["system text", { system: "Be brief." }],
    [
      "blocks of system text",
      {
        system: [
          { type: "text", text: "A" },
          { type: "text", text: "B" },
        ],
      },
    ],
    ["a cached system text", { system: [{ type: "text", text: "A", cache_control: cache }] }],
    [
      "settings",
      {
        temperature: 0.3,
        top_k: 5,
        stop_sequences: ["A"],
        metadata: { user_id: "u" },
        service_tier: "standard_only",
        cache_control: { type: "ephemeral" },
      },
    ],
    [
      "tools",
      {
        tools: [
          {
            name: "a",
            description: "A",
            input_schema: { type: "object", properties: {} },
            cache_control: cache,
            input_examples: [{ b: 1 }],
          },
          { type: "web_search_20250305", name: "web_search", max_uses: 2 },
        ],
        tool_choice: { type: "tool", name: "a", disable_parallel_tool_use: true },
      },
    ],
    [
      "a strict tool",
      {
        tools: [
          {
            name: "a",
            strict: true,
            input_schema: { type: "object", properties: {}, additionalProperties: false },
          },
        ],
      },
    ],
    [
      "a schema of the answer",
      {
        output_config: {
          format: {
            type: "json_schema",
            schema: { type: "object", properties: {}, additionalProperties: false },
          },
        },
      },
    ],
    [
      "media",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
              {
                type: "image",
                source: { type: "base64", media_type: "image/png", data: "QUJD" },
                cache_control: cache,
              },
              { type: "image", source: { type: "file", file_id: "file_1" } },
              {
                type: "document",
                source: { type: "base64", media_type: "application/pdf", data: "QUJD" },
                title: "T",
                context: "C",
                citations: { enabled: true },
              },
              { type: "document", source: { type: "url", url: "https://a.example/b.pdf" } },
              { type: "document", source: { type: "file", file_id: "file_2" } },
              {
                type: "document",
                source: { type: "text", media_type: "text/plain", data: "Text" },
                citations: { enabled: false },
              },
              {
                type: "document",
                source: { type: "content", content: [{ type: "text", text: "Part" }] },
                citations: { enabled: true },
              },
              {
                type: "search_result",
                source: "s",
                title: "t",
                content: [{ type: "text", text: "Found" }],
              },
              { type: "text", text: "What is it?" },
            ],
          },
        ],
      },
    ],
    [
      "a tool's turn",
      {
        thinking: { type: "enabled", budget_tokens: 2000 },
        tools: [{ name: "a", input_schema: { type: "object", properties: {} } }],
        messages: [
          hi,
          {
            role: "assistant",
            content: [
              { type: "thinking", thinking: "Hm", signature: "c2ln" },
              { type: "redacted_thinking", data: "ZGF0YQ" },
              { type: "text", text: "So" },
              {
                type: "tool_use",
                id: "toolu_1",
                name: "a",
                input: { n: 1 },
                cache_control: cache,
              },
              { type: "tool_use", id: "toolu_2", name: "a", input: {} },
            ],
          },
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "toolu_1",
                content: [
                  { type: "text", text: "One" },
                  {
                    type: "image",
                    source: { type: "base64", media_type: "image/png", data: "QUJD" },
                  },
                ],
                cache_control: cache,
              },
              { type: "tool_result", tool_use_id: "toolu_2", content: "Two", is_error: true },
              { type: "tool_result", tool_use_id: "toolu_3" },
              { type: "text", text: "And?" },
            ],
          },
        ],
      },
    ],
    [
      "a tool that another tool calls",
      {
        messages: [
          hi,
          {
            role: "assistant",
            content: [
              {
                type: "tool_use",
                id: "toolu_1",
                name: "a",
                input: {},
                caller: { type: "code_execution_20250825", tool_id: "srvtoolu_1" },
              },
            ],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1" }] },
        ],
      },
    ],
    ["a prefill", { messages: [hi, { role: "assistant", content: "Well," }] }],
    [
      "system text between turns",
      {
        model: "claude-opus-4-8",
        messages: [hi, { role: "system", content: "Now in French." }],
      },
    ],
    [
      "system text behind a server's tool",
      {
        model: "claude-opus-4-8",
        messages: [
          hi,
          {
            role: "assistant",
            content: [{ type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }],
          },
          { role: "system", content: "Go on." },
        ],
      },
    ],
    [
      "a turn that a server's tool paused",
      {
        model: "claude-opus-4-7",
        thinking: { type: "adaptive" },
        messages: [
          hi,
          {
            role: "assistant",
            content: [{ type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }],
          },
        ],
      },
    ],
    ["a container", { container: "container_1", inference_geo: "us" }],
  ])("%s stays what it is", (_it, more) => {
    const own = body(more);
    const { body: written, warnings } = fromAnthropic(own);
    expect(written).toEqual(own);
    expect(warnings).toEqual([]);
  });

  test.each<[string, JsonObject, string]>([
    ["in the top's objects", { output_config: { task_budget: { total: 1 } } }, "output_config"],
    ["that is new", { made_after_this_was_written: [1] }, "made_after_this_was_written"],
    [
      "of MCP",
      { mcp_servers: [{ type: "url", url: "https://a.example", name: "a" }] },
      "mcp_servers",
    ],
  ])("a field %s is kept", (_it, more, key) => {
    const request = anthropicMessages.parseRequest(body(more));
    expect(request.extras.every((extra) => anthropicMessages.takesExtra?.(extra))).toBe(true);
    const written = plain(anthropicMessages.writeRequest(request, createContext()));
    expect(written[key]).toEqual(more[key]);
  });

  test("a field that has no place any more is warned of", () => {
    const { warnings } = fromAnthropic(body({ messages: [{ ...hi, clear_at: 1 }] }));
    expect(warnings).toEqual(["messages[].clear_at: has no equivalent in anthropic.messages"]);
  });
});

test("Another family's signatures come home when the client replays an answer", () => {
  const at = { parent: null, key: "" };
  const signature = { family: "gemini", value: "c2ln" } as const;
  const input = { kind: "object", value: { n: 1 } } as const;
  const parts = [
    { kind: "reasoning", text: "Hm", signature: { ...signature, value: "dGhvdWdodA" }, at },
    { kind: "text", text: "So", signature: { ...signature, value: "dGV4dA" }, at },
    { kind: "tool_call", id: "call_1", name: "a", input, signature, at },
    { kind: "tool_call", id: "call_2", name: "a", input, at },
  ] as const;
  const answer = anthropicMessages.writeResponse(
    {
      family: "gemini",
      id: "1",
      model: "gemini-3-pro",
      createdAtSeconds: null,
      choices: [{ index: 0, parts, finish: { reason: "tool_calls", native: "STOP" } }],
      usage: null,
      extras: [],
    },
    createContext(),
  );
  const replayed = anthropicMessages.parseRequest(
    body({ messages: [hi, { role: "assistant", content: plain(answer)["content"] as Json }] }),
  );
  expect(replayed.messages[1]?.parts).toMatchObject(parts.map(({ at: _at, ...part }) => part));
  expect(replayed.extras).toEqual([]);
});

const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((value) => value.trim() !== "");
const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const cached = fc.option(fc.constantFrom({ type: "ephemeral" }, cache), { nil: undefined });
const textBlock = fc.record({ type: fc.constant("text"), text });
const image = fc.record({
  type: fc.constant("image"),
  source: fc.oneof(
    fc.record({
      type: fc.constant("base64"),
      media_type: fc.constantFrom("image/png", "image/jpeg"),
      data: fc.base64String({ minLength: 4 }),
    }),
    fc.record({ type: fc.constant("url"), url: fc.webUrl() }),
  ),
});
const result = fc.record(
  {
    type: fc.constant("tool_result"),
    tool_use_id: id,
    content: fc.oneof(text, fc.array(fc.oneof(textBlock, image), { minLength: 2, maxLength: 3 })),
    is_error: fc.constant(true),
  },
  { requiredKeys: ["type", "tool_use_id", "content"] },
);
const call = fc.record({
  type: fc.constant("tool_use"),
  id,
  name: id,
  input: fc.dictionary(fc.string(), fc.jsonValue()),
});
const thought = fc.record({
  type: fc.constant("thinking"),
  thinking: text,
  signature: fc.base64String({ minLength: 4 }),
});
const userTurn = fc.record({
  role: fc.constant("user"),
  content: fc
    .tuple(
      fc.array(result, { maxLength: 2 }),
      fc.array(fc.oneof(textBlock, image), { minLength: 2, maxLength: 3 }),
    )
    .map(([results, rest]) => [...results, ...rest]),
});
const assistantTurn = fc.record({
  role: fc.constant("assistant"),
  content: fc
    .tuple(
      fc.array(thought, { maxLength: 1 }),
      textBlock,
      fc.array(call, { minLength: 1, maxLength: 2 }),
    )
    .map(([thoughts, said, calls]) => [...thoughts, said, ...calls]),
});
const messages = fc
  .array(fc.tuple(userTurn, assistantTurn), { maxLength: 3 })
  .chain((turns) => userTurn.map((last) => [...turns.flat(), last]));
const request = fc
  .record(
    {
      messages,
      model: fc.constantFrom("claude-sonnet-4-5", "claude-opus-4-5", "claude-3-5-haiku-latest"),
      max_tokens: fc.integer({ min: 1, max: 60_000 }),
      system: text,
      temperature: fc.double({ min: 0, max: 0.9, noNaN: true }),
      top_k: fc.nat(500),
      stop_sequences: fc.array(text, { minLength: 1, maxLength: 3 }),
      tools: fc.array(
        fc.record({
          name: id,
          description: fc.string(),
          input_schema: fc.constant({ type: "object", properties: {} }),
          cache_control: cached,
        }),
        { minLength: 1, maxLength: 4 },
      ),
      metadata: fc.record({ user_id: fc.string() }),
    },
    { requiredKeys: ["messages", "model", "max_tokens"] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

test("Any request of Anthropic's comes back from the hub as it was", () => {
  fc.assert(
    fc.property(request, (own) => {
      const { body: written, warnings } = fromAnthropic(own);
      expect(written).toEqual(own);
      expect(warnings).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
