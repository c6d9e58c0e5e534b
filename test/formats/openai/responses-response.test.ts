import { describe, expect, test } from "vitest";
import type { ChatResponse, Finish } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { specProblem } from "../../support/specs.ts";
import { message, response, RESPONSES, text } from "./responses.ts";
import { foreignResponse, place, printed, writtenResponse } from "./translated.ts";

const at = place("content", 0);

describe("a response", () => {
  test.each(Object.entries(RESPONSES))("with %s comes out as it went in", (_, body) => {
    const read = openaiResponses.parseResponse(body);
    const { body: written, warnings } = writtenResponse(read, openaiResponses);
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
    expect(specProblem("openai", "Response", written)).toBeNull();
  });

  test.each<[string, JsonObject, Finish]>([
    ["a whole answer", response([]), { reason: "stop", native: null }],
    [
      "calls",
      response([{ type: "function_call", call_id: "c", name: "f", arguments: "{}" }]),
      { reason: "tool_calls", native: null },
    ],
    [
      "a refusal",
      response([message("m", { type: "refusal", refusal: "No." })]),
      { reason: "refusal", native: null },
    ],
    [
      "a reason of tomorrow",
      response([], { status: "incomplete", incomplete_details: { reason: "bored" } }),
      { reason: "other", native: "bored" },
    ],
    [
      "an incomplete answer that doesn't say why",
      response([], { status: "incomplete" }),
      { reason: "other", native: "incomplete" },
    ],
    [
      "a state of tomorrow",
      response([], { status: "resting" }),
      { reason: "other", native: "resting" },
    ],
  ])("ends as %s", (_, body, finish) => {
    expect(openaiResponses.parseResponse(body).choices[0]?.finish).toEqual(finish);
  });

  test.each<[string, JsonObject]>([
    ["a reason", { status: "incomplete", incomplete_details: { reason: "bored" } }],
    ["a state", { status: "resting" }],
  ])("keeps %s of tomorrow, which a chat completion calls a stop", (_, fields) => {
    const body = response([message("msg_1", text("Once"))], fields);
    const read = openaiResponses.parseResponse(body);
    expect(writtenResponse(read, openaiResponses).body).toEqual(body);
    expect(writtenResponse(read, openaiChat).body["choices"]).toMatchObject([
      { finish_reason: "stop" },
    ]);
  });

  test("that failed is no answer, and says why", () => {
    const body = response([], { status: "failed", error: { code: "server_error", message: "Oh" } });
    expect(() => openaiResponses.parseResponse(body)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: "error: the response failed: server_error: Oh",
      }),
    );
  });

  test.each<[string, string, JsonObject]>([
    ["no output", "output", {}],
    ["an item that is a text", "output[0]", { output: ["a"] }],
    ["an item without a type", "output[0].type", { output: [{}] }],
    [
      "a call without arguments",
      "output[0].arguments",
      {
        output: [{ type: "function_call", call_id: "c", name: "f" }],
      },
    ],
  ])("with %s is no answer", (_, path, body) => {
    expect(() => openaiResponses.parseResponse(body)).toThrow(
      expect.objectContaining({ code: "invalid_request", path }),
    );
  });

  test("may lack all that only describes it", () => {
    const read = openaiResponses.parseResponse({ output: [], usage: 1, created_at: "x" });
    expect(read).toMatchObject({ id: null, model: null, createdAtSeconds: null, usage: null });
  });

  test.each<[string, ChatResponse, JsonObject, readonly string[]]>([
    [
      "everything that it has a place for",
      foreignResponse({
        parts: [
          { kind: "reasoning", text: "Hm", signature: { family: "anthropic", value: "s" }, at },
          { kind: "redacted_reasoning", data: { family: "anthropic", value: "r" }, at },
          { kind: "text", text: "Hi", signature: { family: "gemini", value: "t" }, at },
          {
            kind: "tool_call",
            id: "toolu_1",
            name: "f",
            input: { kind: "object", value: {} },
            signature: { family: "gemini", value: "g" },
            at,
          },
          { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AA" }, at },
          { kind: "video", source: { kind: "url", url: "https://a", mediaType: null }, at },
          { kind: "native", family: "gemini", type: "executableCode", value: {}, at },
        ],
      }),
      {
        output: [
          {
            id: "rs_1",
            type: "reasoning",
            summary: [{ type: "summary_text", text: "Hm" }],
            encrypted_content: "crossbatch.anthropic.s",
          },
          {
            id: "rs_2",
            type: "reasoning",
            summary: [],
            encrypted_content: "crossbatch.anthropic.r",
          },
          {
            ...message("msg_1", text("Hi")),
            extra_content: { google: { thought_signature: "t" } },
          },
          {
            id: "fc_1",
            type: "function_call",
            call_id: "toolu_1",
            name: "f",
            status: "completed",
            arguments: "{}",
            extra_content: { google: { thought_signature: "g" } },
          },
          { id: "ig_1", type: "image_generation_call", status: "completed", result: "AA" },
        ],
        status: "completed",
      },
      ["content[]", "content[]"],
    ],
    [
      "a prompt that was blocked",
      foreignResponse({ finish: { reason: "content_filter", native: "SAFETY" } }),
      {
        output: [
          message("msg_1", { type: "refusal", refusal: "The provider blocked this: SAFETY" }),
        ],
        status: "incomplete",
        incomplete_details: { reason: "content_filter" },
      },
      [],
    ],
    [
      "a full context",
      foreignResponse({ finish: { reason: "context_window", native: "x" } }),
      { output: [], status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      [],
    ],
    [
      "the first of two answers",
      foreignResponse(
        {},
        {
          choices: [0, 1].map((index) => ({
            index,
            parts: [{ kind: "text", text: `${index}`, at }],
            finish: { reason: "stop", native: null },
          })),
        },
      ),
      { output: [message("msg_1", text("0"))], status: "completed" },
      ["choiceCount"],
    ],
  ])("is written with %s", (...[, read, expected, warned]) => {
    const { body, warnings } = writtenResponse(read, openaiResponses);
    expect(body).toMatchObject(expected);
    expect(warnings).toEqual(warned);
    expect(specProblem("openai", "Response", body)).toBeNull();
  });

  test("gives thinking back to who made it when the client replays the output", () => {
    const parts: AssistantPart[] = [
      { kind: "reasoning", text: "", signature: { family: "anthropic", value: "s" }, at },
      { kind: "redacted_reasoning", data: { family: "anthropic", value: "r" }, at },
      { kind: "text", text: "Hi", at },
    ];
    const { body } = writtenResponse(foreignResponse({ parts }), openaiResponses);
    const request = openaiResponses.parseRequest({ input: body["output"] });
    const read = request.messages.map((said) => said.parts).flat();
    expect(read).toMatchObject([
      { kind: "reasoning", text: "", signature: { family: "anthropic", value: "s" } },
      { kind: "redacted_reasoning", data: { family: "anthropic", value: "r" } },
      { kind: "text", text: "Hi" },
    ]);
  });

  test("and a chat completion say the same answer", () => {
    const { body } = writtenResponse(
      openaiResponses.parseResponse(RESPONSES["thinking, a text with citations, and calls"] ?? {}),
      openaiChat,
    );
    expect(body["choices"]).toEqual([
      {
        index: 0,
        message: {
          role: "assistant",
          content: "SeeBye",
          refusal: null,
          reasoning_content: "a\n\nb",
          thinking_blocks: [
            { type: "thinking", thinking: "a" },
            { type: "thinking", thinking: "b", signature: "crossbatch.openai.enc" },
            { type: "redacted_thinking", data: "crossbatch.openai.enc" },
          ],
          tool_calls: [
            { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1.0}' } },
            { id: "c2", type: "custom", custom: { name: "run", input: "x" } },
          ],
          annotations: [
            {
              type: "url_citation",
              url_citation: {
                url: "https://example.com",
                title: "T",
                start_index: 0,
                end_index: 3,
              },
            },
          ],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ]);
    const back = writtenResponse(openaiChat.parseResponse(body), openaiResponses).body;
    expect(specProblem("openai", "Response", printed(back))).toBeNull();
    expect(back["output"]).toContainEqual(
      expect.objectContaining({
        type: "message",
        content: [
          text("SeeBye", {
            annotations: [
              {
                type: "url_citation",
                url: "https://example.com",
                title: "T",
                start_index: 0,
                end_index: 3,
              },
            ],
          }),
        ],
      }),
    );
  });

  test.each<[string, JsonObject, string]>([
    ["a whole answer", response([message("m", text("a"))]), "stop"],
    ["a refusal", response([message("m", { type: "refusal", refusal: "No." })]), "stop"],
    ["the limit", RESPONSES["the limit"] ?? {}, "length"],
    ["a cancel", RESPONSES["a cancel"] ?? {}, "stop"],
  ])("that ended as %s ends as a chat completion", (_, body, reason) => {
    const { body: written } = writtenResponse(openaiResponses.parseResponse(body), openaiChat);
    expect(written["choices"]).toMatchObject([{ finish_reason: reason }]);
  });
});
