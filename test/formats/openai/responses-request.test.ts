import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { checkChatBody } from "../../../src/emulators/openai/answers/chat-rules.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { specProblem } from "../../support/specs.ts";
import { CROSSINGS } from "./crossings.ts";
import { RESPONSES_BODIES } from "./responses-bodies.ts";
import { writtenRequest } from "./translated.ts";

const hello: JsonObject = { model: "gpt-4o", input: "Hello" };

describe("a Responses request", () => {
  test.each(Object.entries(RESPONSES_BODIES))("with %s comes out as it went in", (_, body) => {
    const request = openaiResponses.parseRequest(body);
    const { body: written, warnings } = writtenRequest(request, openaiResponses);
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
    expect(specProblem("openai", "CreateResponse", written)).toBeNull();
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["a plain text", {}, {}],
    ["items without a type", { input: [{ role: "user", content: "Hello" }] }, {}],
    [
      "what the model said before, with all that describes it",
      {
        input: [
          {
            type: "message",
            id: "msg_1",
            status: "completed",
            role: "assistant",
            content: [
              { type: "output_text", text: "a", annotations: [{}], logprobs: [] },
              { type: "output_text", text: "b", annotations: [] },
            ],
          },
          { role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
          { type: null, id: "msg_2" },
        ],
      },
      {
        input: [
          { type: "message", role: "assistant", content: "a" },
          { type: "message", role: "assistant", content: "b" },
          { type: "message", role: "assistant", content: "no" },
          { type: null, id: "msg_2" },
        ],
      },
    ],
    ["the default truncation", { truncation: "disabled", background: false, stream: false }, {}],
    [
      "the older name of a summary",
      { reasoning: { generate_summary: "auto" } },
      { reasoning: { summary: "auto" } },
    ],
  ])("says %s", (_, fields, expected) => {
    const request = openaiResponses.parseRequest({ ...hello, ...fields });
    const { body, warnings } = writtenRequest(request, openaiResponses);
    const input = [{ type: "message", role: "user", content: "Hello" }];
    expect(body).toEqual({ model: "gpt-4o", input, ...expected });
    expect(warnings).toEqual([]);
  });

  test.each<[string, string, JsonObject]>([
    ["an input that is a number", "input", { input: 1 }],
    ["an item that is a text", "input[0]", { input: ["a"] }],
    ["an item without type, role and id", "input[0].type", { input: [{}] }],
    ["a role nobody knows", "input[0].role", { input: [{ role: "king", content: "" }] }],
    ["a message without content", "input[0].content", { input: [{ role: "user" }] }],
    [
      "a part without a type",
      "input[0].content[0].type",
      { input: [{ role: "user", content: [{}] }] },
    ],
    [
      "an image that is nowhere",
      "input[0].content[0].image_url",
      { input: [{ role: "user", content: [{ type: "input_image" }] }] },
    ],
    [
      "a file that is only base64",
      "input[0].content[0].file_data",
      { input: [{ role: "user", content: [{ type: "input_file", file_data: "AAAA" }] }] },
    ],
    ["a call without an id", "input[0].call_id", { input: [{ type: "function_call" }] }],
    [
      "a result without output",
      "input[0].output",
      { input: [{ type: "function_call_output", call_id: "c" }] },
    ],
    ["a tool without a name", "tools[0].name", { tools: [{ type: "function" }] }],
    ["a format nobody knows", "text.format.type", { text: { format: { type: "xml" } } }],
    ["an effort nobody knows", "reasoning.effort", { reasoning: { effort: "huge" } }],
    ["a tool choice nobody knows", "tool_choice", { tool_choice: "perhaps" }],
  ])("with %s names the place", (_, path, fields) => {
    expect(() => openaiResponses.parseRequest({ ...hello, ...fields })).toThrow(
      expect.objectContaining({ name: "CodecError", code: "invalid_request", path }),
    );
  });

  test.each(Object.entries(CROSSINGS))("with %s is said as a chat completion", (_, crossing) => {
    const request = openaiResponses.parseRequest(crossing.responses);
    const { body, warnings } = writtenRequest(request, openaiChat);
    expect(body).toEqual(crossing.chat);
    expect(warnings).toEqual(crossing.toChatWarnings ?? []);
    expect(specProblem("openai", "CreateChatCompletionRequest", body)).toBeNull();
    checkChatBody(body);
  });

  const back = Object.entries(CROSSINGS).filter(([, { isOneWay }]) => isOneWay !== true);
  test.each(back)("with %s is made from a chat completion", (_, crossing) => {
    const request = openaiChat.parseRequest(crossing.chat);
    const { body, warnings } = writtenRequest(request, openaiResponses);
    expect(body).toEqual({ store: false, ...crossing.responses });
    expect(warnings).toEqual([]);
    expect(specProblem("openai", "CreateResponse", body)).toBeNull();
  });

  test.each<[string, JsonObject, string]>([
    ["an earlier response", { previous_response_id: "resp_1" }, "previous_response_id"],
    ["a stored conversation", { conversation: "conv_1" }, "conversation"],
    ["a template", { prompt: { id: "p" } }, "prompt"],
    ["work in the background", { background: true }, "background"],
    ["a hosted tool", { tools: [{ type: "web_search" }] }, "tools[0]"],
    ["the choice of a hosted tool", { tool_choice: { type: "web_search" } }, "tool_choice"],
    ["a stored item", { input: [{ type: "item_reference", id: "msg_1" }] }, "input[0]"],
    [
      "a stored image",
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
      "input[0].content[0]",
    ],
    [
      "a part of tomorrow",
      { input: [{ role: "user", content: [{ type: "input_smell" }] }] },
      "input[0].content[0]",
    ],
  ])("with %s is refused by Chat Completions", (_, fields, path) => {
    const request = openaiResponses.parseRequest({ ...hello, ...fields });
    expect(() => writtenRequest(request, openaiChat)).toThrow(
      expect.objectContaining({ name: "CodecError", code: "untranslatable", path }),
    );
  });

  test("warns of what a chat completion leaves out", () => {
    const request = openaiResponses.parseRequest({
      ...hello,
      truncation: "auto",
      include: ["file_search_call.results"],
      max_tool_calls: 1,
      stream: true,
      reasoning: { summary: "auto", mode: "pro" },
      store: false,
      metadata: { a: "b" },
    });
    const { body, warnings } = writtenRequest(request, openaiChat);
    expect(Object.keys(body)).toEqual(["model", "messages", "store"]);
    expect(warnings.toSorted()).toEqual([
      "include",
      "max_tool_calls",
      "metadata",
      "reasoning",
      "reasoning.mode",
      "stream",
      "truncation",
    ]);
  });

  test("with metadata is stored as a chat completion too", () => {
    const request = openaiResponses.parseRequest({ ...hello, metadata: { a: "b" } });
    const { body, warnings } = writtenRequest(request, openaiChat);
    expect(body).toMatchObject({ metadata: { a: "b" }, store: true });
    expect(warnings).toEqual([]);
  });

  test("warns of the settings that only chat completions have", () => {
    const request = openaiChat.parseRequest({
      model: "gpt-4o",
      messages: [{ role: "user", content: "Hello", name: "ann" }],
      seed: 1,
      top_k: 1,
      presence_penalty: 1,
      frequency_penalty: 0,
      logit_bias: { "1": 1 },
      prediction: {},
    });
    const { warnings } = writtenRequest(request, openaiResponses);
    expect(warnings.toSorted()).toEqual([
      "logitBias",
      "messages[].name",
      "prediction",
      "presencePenalty",
      "seed",
      "topK",
    ]);
  });
});
