import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ToolChoice } from "../../../src/core/tools.ts";
import {
  assistant,
  at,
  call,
  errorOf,
  foreignRequest,
  fromOpenai,
  result,
  tool,
  user,
  written,
} from "./bodies.ts";
import { CONVERSATIONS, functionTool, hi, image, inline, SETTINGS, turn } from "./foreign-cases.ts";

describe("a conversation becomes contents", () => {
  test.each(Object.entries(CONVERSATIONS))("%s", (_, { request, model, wanted, warnings = [] }) => {
    const { body, warnings: given } = written(foreignRequest(request), {
      model: model ?? "gemini-2.5-flash",
    });
    expect(body).toEqual(wanted);
    expect(given).toEqual(warnings);
  });
});

describe("settings are written", () => {
  test.each(Object.entries(SETTINGS))("%s", (_, { request, model, wanted, warnings = [] }) => {
    const { body, warnings: given } = written(foreignRequest(request), {
      model: model ?? "gemini-2.5-flash",
    });
    expect(body).toEqual({ contents: [hi], ...wanted });
    expect(given).toEqual(warnings);
  });

  test.each<[ToolChoice, JsonObject]>([
    [{ kind: "auto" }, { mode: "AUTO" }],
    [{ kind: "none" }, { mode: "NONE" }],
    [{ kind: "required" }, { mode: "ANY" }],
    [
      { kind: "named", name: "f" },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    [
      { kind: "allowed", mode: "required", names: ["f", "g"] },
      { mode: "ANY", allowedFunctionNames: ["f", "g"] },
    ],
    [
      { kind: "allowed", mode: "auto", names: ["f"] },
      { mode: "VALIDATED", allowedFunctionNames: ["f"] },
    ],
  ])("the choice %j", (toolChoice, wanted) => {
    const { body } = written(foreignRequest({ tools: [functionTool()], toolChoice }));
    expect(body["toolConfig"]).toEqual({ functionCallingConfig: wanted });
  });

  test("a tier counts only in a single call", () => {
    const request = foreignRequest({ serviceTier: "priority" });
    expect(written(request, { isBatch: false }).body["serviceTier"]).toBe("priority");
    expect(written(request).body["serviceTier"]).toBeUndefined();
  });
});

type Refusal = readonly [Partial<ChatRequest>, string, string?];

const CANT: readonly (readonly [string, ...Refusal])[] = [
  [
    "a GIF",
    { messages: [user(image({ kind: "base64", mediaType: "image/gif", data: "" }))] },
    "Gemini takes no image as image/gif",
  ],
  [
    "an address without encryption",
    { messages: [user(image({ kind: "url", url: "http://a.example/b.png", mediaType: null }))] },
    "under https",
  ],
  [
    "an address, by an older model",
    { messages: [user(image({ kind: "url", url: "https://a.example/b.png", mediaType: null }))] },
    "fetches no addresses",
    "gemini-2.0-flash",
  ],
  [
    "another family's file",
    { messages: [user(image({ kind: "file", family: "openai", id: "file-1", mediaType: null }))] },
    "stored at openai",
  ],
  [
    "S3",
    {
      messages: [
        user({
          kind: "document",
          source: { kind: "s3", uri: "s3://a/b", bucketOwner: null, mediaType: null },
          at,
        }),
      ],
    },
    "doesn't read from S3",
  ],
  [
    "an office document",
    {
      messages: [
        user({
          kind: "document",
          source: { kind: "base64", mediaType: "application/msword", data: "" },
          at,
        }),
      ],
    },
    "no document as application/msword",
  ],
  [
    "another family's part",
    { messages: [user({ kind: "native", family: "openai", type: "later", value: {}, at })] },
    `no part "later"`,
  ],
  [
    "arguments that are no object",
    { messages: [assistant({ ...call("1"), input: { kind: "json_text", text: "[1]" } })] },
    "must be a JSON object",
  ],
  [
    "a result without a name",
    { messages: [tool({ ...result("1"), name: null })] },
    `no earlier call with the id "1"`,
  ],
  ["a tool that takes text", { tools: [{ kind: "custom", name: "c", at }] }, "not free text"],
  [
    "another family's tool",
    { tools: [{ kind: "native", family: "anthropic", name: "web_search", value: {}, at }] },
    `no tool "web_search"`,
  ],
  ["a function's name", { tools: [functionTool({ name: "1f" })] }, "begin with a letter or _"],
  ["six stops", { stop: ["1", "2", "3", "4", "5", "6"] }, "at most 5"],
  ["nine answers", { choiceCount: 9 }, "1 to 8 answers"],
  [
    "a schema of itself",
    { tools: [functionTool({ schema: { type: "object", properties: { a: { $ref: "#" } } } })] },
    "is recursive",
  ],
  [
    "an answer's schema of itself",
    {
      responseFormat: {
        kind: "json_schema",
        schema: { type: "object", properties: { a: { $ref: "#" } } },
      },
    },
    "is recursive",
  ],
];

describe("what Gemini can't say is refused", () => {
  test.each(CANT.map(([title, ...row]): [string, Refusal] => [title, row]))("%s", (_, row) => {
    const [request, message, model = "gemini-2.5-flash"] = row;
    const error = errorOf(() => written(foreignRequest(request), { model }));
    expect(error.code).toBe("untranslatable");
    expect(error.message).toContain(message);
  });
});

test("a request of OpenAI's, as a whole", () => {
  const { body, warnings } = fromOpenai({
    model: "gpt-4.1",
    messages: [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What's this?" },
          { type: "image_url", image_url: { url: "data:image/jpg;base64,AAAA" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c", type: "function", function: { name: "look", arguments: "" } }],
      },
      { role: "tool", tool_call_id: "c", content: "a cat" },
    ],
    tools: [
      {
        type: "function",
        function: { name: "look", parameters: { type: "object", properties: {} } },
      },
    ],
    tool_choice: "auto",
    max_completion_tokens: 50,
    stop: "END",
  });
  expect(warnings).toEqual([]);
  expect(body).toEqual({
    systemInstruction: { parts: [{ text: "Be brief." }] },
    contents: [
      turn("user", { text: "What's this?" }, inline("image/jpeg")),
      turn("model", { functionCall: { id: "c", name: "look", args: {} } }),
      turn("user", { functionResponse: { id: "c", name: "look", response: { result: "a cat" } } }),
    ],
    tools: [{ functionDeclarations: [{ name: "look", description: "" }] }],
    toolConfig: { functionCallingConfig: { mode: "AUTO" } },
    generationConfig: { maxOutputTokens: 50, stopSequences: ["END"] },
  });
});
