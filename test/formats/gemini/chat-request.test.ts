import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { pathText } from "../../../src/core/json-path.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import { expectValid, geminiBody, hi } from "./bodies.ts";

const parse = (body: JsonObject) => geminiChat.parseRequest(body);

/** Without the places that its parts stood at. */
function placeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (key === "at" ? undefined : item)),
  ) as unknown;
}

/** The parts of a request, without their places. */
function conversation(body: JsonObject): unknown {
  return parse(body).messages.map((message) => ({
    kind: message.kind,
    parts: message.parts.map((part) => placeless(part)),
  }));
}

const system = (...parts: object[]) => ({ kind: "system", parts });
const user = (...parts: object[]) => ({ kind: "user", parts });
const assistant = (...parts: object[]) => ({ kind: "assistant", parts });
const tool = (...parts: object[]) => ({ kind: "tool", parts });
const text = (value: string) => ({ kind: "text", text: value });
const base64 = (mediaType: string, data = "AAAA") => ({ kind: "base64", mediaType, data });
const inline = (mimeType: string, data = "AAAA") => ({ inlineData: { mimeType, data } });
const said = (...parts: JsonObject[]): JsonObject => ({ contents: [{ role: "user", parts }] });
const model = (...parts: JsonObject[]): JsonObject => ({
  contents: [hi, { role: "model", parts }],
});

const CALLS: JsonObject = {
  contents: [
    hi,
    {
      role: "model",
      parts: [
        { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" },
        { functionCall: { name: "g" } },
        { functionCall: { id: "x", name: "f", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        { text: "Here:" },
        { functionResponse: { name: "g", response: { result: "G" } } },
        { functionResponse: { id: "x", name: "f", response: { error: "no" } } },
        { functionResponse: { name: "f", response: { temperature: 18 } } },
        { functionResponse: { name: "h", response: {} } },
      ],
    },
  ],
};

describe("contents are read as a conversation", () => {
  test.each<[string, JsonObject, unknown[]]>([
    ["a text", said({ text: "Hi" }), [user(text("Hi"))]],
    ["no role", { contents: [{ parts: [{ text: "Hi" }] }] }, [user(text("Hi"))]],
    ["one item where a list is meant", { contents: { parts: { text: "Hi" } } }, [user(text("Hi"))]],
    [
      "system text",
      geminiBody({ systemInstruction: { role: "user", parts: [{ text: "A" }, { text: "B" }] } }),
      [system(text("A"), text("B")), user(text("Hi"))],
    ],
    [
      "snake case",
      {
        system_instruction: { parts: [{ text: "A" }] },
        contents: [
          hi,
          { role: "model", parts: [{ function_call: { name: "f" }, thought_signature: "c2ln" }] },
        ],
      },
      [
        system(text("A")),
        user(text("Hi")),
        assistant({
          kind: "tool_call",
          id: "call_0",
          name: "f",
          input: { kind: "object", value: {} },
          signature: { family: "gemini", value: "c2ln" },
        }),
      ],
    ],
    [
      "an image",
      said(inline("image/jpg")),
      [user({ kind: "image", source: base64("image/jpeg") })],
    ],
    [
      "base64 as URLs have it",
      said(inline("image/PNG", "-_8")),
      [user({ kind: "image", source: base64("image/png", "+/8=") })],
    ],
    [
      "a PDF",
      said(inline("application/pdf")),
      [user({ kind: "document", source: base64("application/pdf") })],
    ],
    ["a sound", said(inline("audio/wav")), [user({ kind: "audio", source: base64("audio/wav") })]],
    ["a film", said(inline("video/mp4")), [user({ kind: "video", source: base64("video/mp4") })]],
    [
      "a stored file",
      said({
        fileData: {
          fileUri: "https://generativelanguage.googleapis.com/v1beta/files/a",
          mimeType: "image/png",
        },
      }),
      [
        user({
          kind: "image",
          source: {
            kind: "file",
            family: "gemini",
            id: "https://generativelanguage.googleapis.com/v1beta/files/a",
            mediaType: "image/png",
          },
        }),
      ],
    ],
    [
      "an address, its kind by its extension",
      said({ file_data: { file_uri: "https://a.example/b.PNG?x=1" } }),
      [
        user({
          kind: "image",
          source: { kind: "url", url: "https://a.example/b.PNG?x=1", mediaType: null },
        }),
      ],
    ],
    [
      "a page with a film",
      said({ fileData: { fileUri: "https://www.youtube.com/watch?v=abc" } }),
      [
        user({
          kind: "video",
          source: { kind: "url", url: "https://www.youtube.com/watch?v=abc", mediaType: null },
        }),
      ],
    ],
    [
      "a bucket",
      said({ fileData: { fileUri: "gs://a/b.pdf", mimeType: "application/pdf" } }),
      [
        user({
          kind: "document",
          source: {
            kind: "file",
            family: "gemini",
            id: "gs://a/b.pdf",
            mediaType: "application/pdf",
          },
        }),
      ],
    ],
    [
      "how closely to look",
      said({ ...inline("image/png"), mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } }),
      [user({ kind: "image", source: base64("image/png"), detail: "low" })],
    ],
    [
      "a thought",
      model({ text: "Hm", thought: true }),
      [user(text("Hi")), assistant({ kind: "reasoning", text: "Hm" })],
    ],
    [
      "a signature alone",
      model({ thoughtSignature: "c2ln" }),
      [
        user(text("Hi")),
        assistant({ kind: "text", text: "", signature: { family: "gemini", value: "c2ln" } }),
      ],
    ],
    [
      "another family's signature that comes home",
      model({
        text: "Hm",
        thought: true,
        thoughtSignature: Buffer.from("crossbatch.anthropic.abc").toString("base64"),
      }),
      [
        user(text("Hi")),
        assistant({
          kind: "reasoning",
          text: "Hm",
          signature: { family: "anthropic", value: "abc" },
        }),
      ],
    ],
    [
      "another family's hidden thinking that comes home",
      model({
        thought: true,
        thoughtSignature: Buffer.from("crossbatch.openai.abc").toString("base64"),
      }),
      [
        user(text("Hi")),
        assistant({ kind: "redacted_reasoning", data: { family: "openai", value: "abc" } }),
      ],
    ],
    [
      "code that Google ran",
      model({ executableCode: { language: "PYTHON", code: "1" } }),
      [
        user(text("Hi")),
        assistant({
          kind: "native",
          family: "gemini",
          type: "executableCode",
          value: { executableCode: { language: "PYTHON", code: "1" } },
        }),
      ],
    ],
    [
      "a part that nobody knows yet",
      said({ hologram: { data: 1 } }),
      [
        user({
          kind: "native",
          family: "gemini",
          type: "hologram",
          value: { hologram: { data: 1 } },
        }),
      ],
    ],
    ["an empty part", said({}), [user(text(""))]],
    [
      "calls and results, with ids and without",
      CALLS,
      [
        user(text("Hi")),
        assistant(
          {
            kind: "tool_call",
            id: "call_0",
            name: "f",
            input: { kind: "object", value: { a: 1 } },
            signature: { family: "gemini", value: "c2ln" },
          },
          { kind: "tool_call", id: "call_1", name: "g", input: { kind: "object", value: {} } },
          { kind: "tool_call", id: "x", name: "f", input: { kind: "object", value: {} } },
        ),
        tool(
          {
            kind: "tool_result",
            callId: "call_1",
            name: "g",
            content: [text("G")],
            isError: false,
          },
          { kind: "tool_result", callId: "x", name: "f", content: [text("no")], isError: true },
          {
            kind: "tool_result",
            callId: "call_0",
            name: "f",
            content: [{ kind: "json", value: { temperature: 18 } }],
            isError: false,
          },
          {
            kind: "tool_result",
            callId: "call_2",
            name: "h",
            content: [{ kind: "json", value: {} }],
            isError: false,
          },
        ),
        user(text("Here:")),
      ],
    ],
    [
      "a picture in a result",
      said({ functionResponse: { name: "f", response: {}, parts: [inline("image/png")] } }),
      [
        tool({
          kind: "tool_result",
          callId: "call_0",
          name: "f",
          content: [{ kind: "image", source: base64("image/png") }],
          isError: false,
        }),
      ],
    ],
  ])("%s", (_, body, wanted) => {
    expect(conversation(body)).toEqual(wanted);
  });

  test("parts know where they stood, in the body's own spelling", () => {
    const [first, second] = parse({
      system_instruction: { parts: [{ text: "A" }] },
      contents: [hi],
    }).messages;
    expect(pathText(first?.parts[0]?.at ?? { parent: null, key: "" })).toBe(
      "system_instruction.parts[0]",
    );
    expect(pathText(second?.parts[0]?.at ?? { parent: null, key: "" })).toBe(
      "contents[0].parts[0]",
    );
  });
});

describe("settings are read", () => {
  test.each<[string, JsonObject, Partial<ChatRequest>]>([
    [
      "limits and sampling",
      { maxOutputTokens: 5, temperature: 0.5, topP: 0.9, topK: 40, seed: 7 },
      { maxTokens: 5, temperature: 0.5, topP: 0.9, topK: 40, seed: 7 },
    ],
    [
      "numbers as text",
      { maxOutputTokens: "5", temperature: "0.5" },
      { maxTokens: 5, temperature: 0.5 },
    ],
    [
      "snake case",
      { max_output_tokens: 5, stop_sequences: ["a"], candidate_count: 2 },
      { maxTokens: 5, stop: ["a"], choiceCount: 2 },
    ],
    [
      "penalties",
      { presencePenalty: 0.5, frequencyPenalty: -1 },
      { presencePenalty: 0.5, frequencyPenalty: -1 },
    ],
    [
      "log probabilities",
      { responseLogprobs: true, logprobs: 3 },
      { logprobs: true, topLogprobs: 3 },
    ],
    [
      "a budget",
      { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } },
      {
        reasoning: {
          effort: undefined,
          thinking: { kind: "budget", tokens: 1024 },
          includeThoughts: true,
        },
      },
    ],
    [
      "thinking off",
      { thinkingConfig: { thinkingBudget: 0 } },
      { reasoning: { effort: undefined, thinking: { kind: "off" }, includeThoughts: undefined } },
    ],
    [
      "thinking as the model likes",
      { thinking_config: { thinking_budget: -1 } },
      {
        reasoning: {
          effort: undefined,
          thinking: { kind: "adaptive" },
          includeThoughts: undefined,
        },
      },
    ],
    [
      "a level",
      { thinkingConfig: { thinkingLevel: "LOW" } },
      { reasoning: { effort: "low", thinking: undefined, includeThoughts: undefined } },
    ],
    [
      "no level",
      { thinkingConfig: { thinkingLevel: "THINKING_LEVEL_UNSPECIFIED" } },
      { reasoning: undefined },
    ],
    ["JSON", { responseMimeType: "application/json" }, { responseFormat: { kind: "json_object" } }],
    ["text", { responseMimeType: "text/plain" }, { responseFormat: { kind: "text" } }],
    [
      "a schema",
      { responseMimeType: "application/json", responseSchema: { type: "STRING", nullable: true } },
      { responseFormat: { kind: "json_schema", schema: { type: ["string", "null"] } } },
    ],
    [
      "JSON Schema",
      { responseMimeType: "application/json", responseJsonSchema: { type: "string", const: "a" } },
      { responseFormat: { kind: "json_schema", schema: { type: "string", const: "a" } } },
    ],
    [
      "JSON Schema, by its inner name",
      { _responseJsonSchema: { type: "string" } },
      { responseFormat: { kind: "json_schema", schema: { type: "string" } } },
    ],
  ])("%s", (_, generationConfig, wanted) => {
    expect(parse(geminiBody({ generationConfig }))).toMatchObject(wanted);
  });

  test.each<[string, JsonObject, Partial<ChatRequest>]>([
    ["the model", { model: "models/gemini-2.5-flash" }, { model: "gemini-2.5-flash" }],
    ["a tuned model", { model: "tunedModels/a" }, { model: "tunedModels/a" }],
    ["no model", {}, { model: null }],
    [
      "what is stored and paid",
      { store: true, serviceTier: "flex" },
      { store: true, serviceTier: "flex" },
    ],
    [
      "AUTO",
      { toolConfig: { functionCallingConfig: { mode: "AUTO" } } },
      { toolChoice: { kind: "auto" } },
    ],
    [
      "ANY",
      { toolConfig: { functionCallingConfig: { mode: "ANY" } } },
      { toolChoice: { kind: "required" } },
    ],
    [
      "NONE",
      { tool_config: { function_calling_config: { mode: "NONE" } } },
      { toolChoice: { kind: "none" } },
    ],
    [
      "one name",
      { toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } } },
      { toolChoice: { kind: "named", name: "f" } },
    ],
    [
      "names",
      { toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f", "g"] } } },
      { toolChoice: { kind: "allowed", mode: "required", names: ["f", "g"] } },
    ],
    [
      "VALIDATED names",
      {
        toolConfig: { functionCallingConfig: { mode: "VALIDATED", allowed_function_names: ["f"] } },
      },
      { toolChoice: { kind: "allowed", mode: "auto", names: ["f"] } },
    ],
    ["no mode", { toolConfig: { functionCallingConfig: {} } }, { toolChoice: undefined }],
  ])("%s", (_, more, wanted) => {
    expect(parse(geminiBody(more))).toMatchObject(wanted);
  });

  test("tools are functions, and what Google runs", () => {
    const { tools } = parse(
      geminiBody({
        tools: [
          {
            functionDeclarations: [
              { name: "f", description: "F", parameters: { type: "OBJECT" } },
              { name: "g", parametersJsonSchema: { type: "object" } },
            ],
          },
          { google_search: {}, codeExecution: {} },
        ],
      }),
    );
    expect(tools).toMatchObject([
      { kind: "function", name: "f", description: "F", schema: { type: "object" } },
      { kind: "function", name: "g", schema: { type: "object" } },
      { kind: "native", family: "gemini", name: "google_search", value: { google_search: {} } },
      { kind: "native", family: "gemini", name: "codeExecution", value: { codeExecution: {} } },
    ]);
  });
});

test("the calls of these tables are Google's own", () => {
  expect(CALLS["contents"]).toHaveLength(3);
  expectValid("GenerateContentRequest", CALLS);
  expectValid(
    "GenerateContentRequest",
    geminiBody({ generationConfig: { thinkingConfig: { thinkingBudget: 1 } } }),
  );
});
