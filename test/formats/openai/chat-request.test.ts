import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { pathText } from "../../../src/core/json-path.ts";
import { checkChatBody } from "../../../src/emulators/openai/answers/chat-rules.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { specProblem } from "../../support/specs.ts";
import { CHAT_BODIES } from "./chat-bodies.ts";
import { writtenRequest } from "./translated.ts";

const hello: JsonObject = { model: "gpt-4o", messages: [{ role: "user", content: "Hello" }] };

const original: JsonObject = {
  role: "user",
  content: [
    { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "original" } },
  ],
};

describe("a Chat Completions request", () => {
  test.each(Object.entries(CHAT_BODIES))("with %s comes out as it went in", (_, body) => {
    const { body: written, warnings } = writtenRequest(openaiChat.parseRequest(body), openaiChat);
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
    expect(specProblem("openai", "CreateChatCompletionRequest", written)).toBeNull();
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["max_tokens as max_completion_tokens", { max_tokens: 5 }, { max_completion_tokens: 5 }],
    [
      "the newer limit where both are given",
      { max_tokens: 5, max_completion_tokens: 6 },
      { max_completion_tokens: 6 },
    ],
    ["one stop as a list", { stop: "x" }, { stop: ["x"] }],
    ["no stops at all", { stop: [] }, {}],
    ["a safety identifier as the user", { safety_identifier: "s" }, { user: "s" }],
    ["nulls as nothing", { temperature: null, tools: null, stop: null, metadata: null }, {}],
    ["an empty list of tools as none", { tools: [], tool_choice: "auto" }, {}],
    [
      "functions as tools",
      { functions: [{ name: "f" }], function_call: { name: "f" } },
      {
        tools: [{ type: "function", function: { name: "f" } }],
        tool_choice: { type: "function", function: { name: "f" } },
      },
    ],
    ["an image in its original size", { messages: [original] }, { messages: [original] }],
    ["a seed of 64 bits", { seed: 2 ** 60 }, { seed: 2 ** 60 }],
  ])("says %s", (_, fields, expected) => {
    const request = openaiChat.parseRequest({ ...hello, ...fields });
    const { body, warnings } = writtenRequest(request, openaiChat);
    expect(body).toEqual({ ...hello, ...expected });
    expect(warnings).toEqual([]);
    checkChatBody(body);
  });

  test("with calls of before tools gets ids, and results find their calls by name", () => {
    const { body } = writtenRequest(
      openaiChat.parseRequest({
        model: "gpt-4o",
        messages: [
          { role: "user", content: "Go" },
          { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
          { role: "function", name: "f", content: "done" },
        ],
      }),
      openaiChat,
    );
    expect(body["messages"]).toEqual([
      { role: "user", content: "Go" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "call_0", content: "done" },
    ]);
    checkChatBody(body);
  });

  test.each<[string, string, JsonObject]>([
    ["no messages", "messages", { model: "m" }],
    ["messages that are no array", "messages", { messages: {} }],
    ["a message that is no object", "messages[0]", { messages: [1] }],
    ["no role", "messages[0].role", { messages: [{ content: "a" }] }],
    ["a role nobody knows", "messages[0].role", { messages: [{ role: "king", content: "a" }] }],
    ["a user without content", "messages[0].content", { messages: [{ role: "user" }] }],
    [
      "an image without a URL",
      "messages[0].content[1].image_url.url",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "image_url", image_url: {} },
            ],
          },
        ],
      },
    ],
    [
      "a file that is only base64",
      "messages[0].content[0].file.file_data",
      { messages: [{ role: "user", content: [{ type: "file", file: { file_data: "AAAA" } }] }] },
    ],
    [
      "an image in a system message",
      "messages[0].content[0].type",
      {
        messages: [
          { role: "system", content: [{ type: "image_url", image_url: { url: "http://a" } }] },
        ],
      },
    ],
    [
      "a result without a call id",
      "messages[0].tool_call_id",
      { messages: [{ role: "tool", content: "a" }] },
    ],
    [
      "a result of a function that wasn't called",
      "messages[0].name",
      { messages: [{ role: "function", name: "f", content: "a" }] },
    ],
    [
      "arguments that are a number",
      "messages[0].tool_calls[0].function.arguments",
      {
        messages: [
          { role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: 1 } }] },
        ],
      },
    ],
    ["a temperature in words", "temperature", { ...hello, temperature: "hot" }],
    ["half a token", "max_tokens", { ...hello, max_tokens: 1.5 }],
    ["an effort nobody knows", "reasoning_effort", { ...hello, reasoning_effort: "huge" }],
    [
      "a tool without a name",
      "tools[0].function.name",
      {
        ...hello,
        tools: [{ type: "function", function: {} }],
      },
    ],
    ["metadata that is a number", "metadata.a", { ...hello, metadata: { a: 1 } }],
    ["a stop that is a number", "stop[1]", { ...hello, stop: ["a", 1] }],
    ["a tool choice nobody knows", "tool_choice.type", { ...hello, tool_choice: { type: "x" } }],
    [
      "a schema that is missing",
      "response_format.json_schema",
      {
        ...hello,
        response_format: { type: "json_schema" },
      },
    ],
  ])("with %s names the place", (_, path, body) => {
    expect(() => openaiChat.parseRequest(body)).toThrow(
      expect.objectContaining({ name: "CodecError", code: "invalid_request", path }),
    );
  });

  test("has no field that a message of another role would have", () => {
    const { extras } = openaiChat.parseRequest({
      messages: [
        { role: "user", content: "a", images: ["AAAA"], refusal: null },
        { role: "assistant", content: "b", refusal: null, annotations: [], tool_call_id: "c" },
      ],
    });
    expect(extras.map(({ path }) => pathText(path))).toEqual([
      "messages[0].images",
      "messages[1].tool_call_id",
    ]);
  });

  test("keeps what another family would have to refuse apart from what it would lose", () => {
    const { extras } = openaiChat.parseRequest({
      ...hello,
      web_search_options: {},
      modalities: ["text", "audio"],
      stream: true,
      prediction: {},
      n: null,
    });
    expect(extras.map(({ path, isEssential }) => [path.key, isEssential])).toEqual([
      ["prediction", false],
      ["modalities", true],
      ["web_search_options", true],
      ["stream", false],
    ]);
  });
});
