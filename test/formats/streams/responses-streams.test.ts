import { expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import type { ServerEvent } from "../../../src/core/provider.ts";
import { dataOf, event, streamed, typed } from "./streams.ts";

/** What a client of responses gets of Anthropic's blocks. */
function ofAnthropic(...events: readonly JsonObject[]): readonly JsonObject[] {
  const start = { id: "msg_1", model: "claude", usage: { input_tokens: 3, output_tokens: 1 } };
  return read(
    streamed({
      from: "openai",
      endpoint: "responses",
      provider: "anthropic",
      model: "claude",
      events: [
        typed({ type: "message_start", message: { type: "message", ...start } }),
        ...events.map(typed),
        typed({
          type: "message_delta",
          delta: { stop_reason: "end_turn" },
          usage: { output_tokens: 9 },
        }),
        typed({ type: "message_stop" }),
      ],
    }),
  );
}

/** Without what is the same in all of them. */
function read(events: readonly ServerEvent[]): readonly JsonObject[] {
  return events.map((each, number) => {
    const { type, sequence_number, ...rest } = dataOf(each);
    expect([type, sequence_number]).toEqual([each.event, number]);
    return { type, ...rest };
  });
}

function block(index: number, content_block: JsonObject, ...deltas: readonly JsonObject[]) {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

const text = (said: string) => ({ type: "text_delta", text: said });
const typesOf = (events: readonly JsonObject[]) => events.map(({ type }) => type);

function outputOf(events: readonly JsonObject[]): unknown {
  const response = events.at(-1)?.["response"];
  return isJsonObject(response) ? response["output"] : null;
}

test("a text has its events in OpenAI's order, and the last has all", () => {
  const events = ofAnthropic(...block(0, { type: "text", text: "" }, text("Hel"), text("lo")));
  expect(typesOf(events)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events[0]).toMatchObject({ response: { status: "in_progress", output: [], id: "msg_1" } });
  expect(events[5]).toMatchObject({ item_id: "msg_new", output_index: 0, delta: "lo" });
  expect(events.at(-1)).toMatchObject({
    response: {
      status: "completed",
      output: [{ type: "message", status: "completed", content: [{ text: "Hello" }] }],
      usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 },
    },
  });
});

test("thoughts end with their signature, hidden ones come whole, and stand in their order", () => {
  const events = ofAnthropic(
    ...block(
      0,
      { type: "thinking", thinking: "", signature: "" },
      { type: "thinking_delta", thinking: "Well" },
      { type: "signature_delta", signature: "c2ln" },
    ),
    ...block(1, { type: "redacted_thinking", data: "aGlkZGVu" }),
    ...block(2, { type: "text", text: "" }, text("Yes")),
  );
  expect(outputOf(events)).toMatchObject([
    {
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Well" }],
      encrypted_content: expect.any(String),
    },
    { type: "reasoning", summary: [], encrypted_content: expect.any(String) },
    { type: "message", content: [{ type: "output_text", text: "Yes" }] },
  ]);
  const added = events.filter(({ type }) => type === "response.output_item.added");
  expect(added.map((each) => each["output_index"])).toEqual([0, 1, 2]);
});

test("calls are done at the end, since more may come of one after the next has begun", () => {
  const call = (index: number, id: string) => ({
    type: "content_block_start",
    index,
    content_block: { type: "tool_use", id, name: "look", input: {} },
  });
  const input = (index: number, partial_json: string) => ({
    type: "content_block_delta",
    index,
    delta: { type: "input_json_delta", partial_json },
  });
  const events = ofAnthropic(
    ...block(0, { type: "text", text: "" }, text("Both")),
    call(1, "toolu_a"),
    input(1, '{"a":'),
    call(2, "toolu_b"),
    input(2, '{"b":2}'),
    input(1, "1}"),
    { type: "content_block_stop", index: 1 },
    { type: "content_block_stop", index: 2 },
  );
  expect(outputOf(events)).toMatchObject([
    { type: "message" },
    { type: "function_call", call_id: "toolu_a", arguments: '{"a":1}', status: "completed" },
    { type: "function_call", call_id: "toolu_b", arguments: '{"b":2}', status: "completed" },
  ]);
  expect(typesOf(events).slice(-5)).toEqual([
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.completed",
  ]);
});

test("a prompt that was blocked is a refusal that says why, and incomplete", () => {
  const events = read(
    streamed({
      from: "openai",
      endpoint: "responses",
      provider: "gemini",
      model: "gemini-2.5-flash",
      events: [event({ promptFeedback: { blockReason: "SAFETY" } })],
    }),
  );
  expect(typesOf(events)).toContain("response.refusal.delta");
  expect(events.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: {
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [{ type: "message", content: [{ type: "refusal", refusal: expect.any(String) }] }],
    },
  });
});

test("a stream that ends before its answer does has no end", () => {
  expect(() =>
    streamed({
      from: "openai",
      endpoint: "responses",
      provider: "gemini",
      model: "gemini-2.5-flash",
      events: [event({ candidates: [{ content: { parts: [{ text: "Half" }] } }] })],
    }),
  ).toThrow("ended before the answer did");
});
