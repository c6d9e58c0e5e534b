import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import {
  createContext,
  expectValid,
  geminiBody,
  hi,
  printed,
  throughHub,
  toOpenai,
  written,
} from "./bodies.ts";

/** Results go first in a turn. */
function sorted(body: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(body, (key, value: unknown) =>
      key === "parts" && Array.isArray(value)
        ? value.toSorted(
            (one: JsonObject, other: JsonObject) =>
              Number("functionResponse" in other) - Number("functionResponse" in one),
          )
        : value,
    ),
  ) as JsonObject;
}

const model = (...parts: JsonObject[]): JsonObject => ({ role: "model", parts });
const user = (...parts: JsonObject[]): JsonObject => ({ role: "user", parts });

describe("Gemini's own, through the hub", () => {
  test.each<[string, JsonObject]>([
    ["the smallest", geminiBody()],
    ["system text", geminiBody({ systemInstruction: { parts: [{ text: "A" }, { text: "B" }] } })],
    [
      "all kinds of parts",
      {
        contents: [
          user(
            { text: "A", partMetadata: { a: 1 } },
            {
              inlineData: { mimeType: "image/png", data: "AAAA" },
              mediaResolution: { level: "MEDIA_RESOLUTION_HIGH" },
            },
            { inlineData: { mimeType: "image/gif", data: "AAAA" } },
            { inlineData: { mimeType: "application/msword", data: "AAAA" } },
            {
              fileData: { fileUri: "gs://a/b.mp4", mimeType: "video/mp4" },
              videoMetadata: { startOffset: "1s", fps: 2 },
            },
            { fileData: { fileUri: "https://a.example/b" } },
          ),
          model(
            { text: "Hm", thought: true },
            { text: "", thoughtSignature: "c2ln" },
            { executableCode: { language: "PYTHON", code: "1" } },
            { codeExecutionResult: { outcome: "OUTCOME_OK" } },
            {
              functionCall: { id: "1", name: "f", args: { a: [1, null] } },
              thoughtSignature: "c2ln",
            },
          ),
          user({
            functionResponse: {
              id: "1",
              name: "f",
              response: { output: "A" },
              scheduling: "SILENT",
              parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
            },
          }),
        ],
      },
    ],
    [
      "what is new inside of parts",
      {
        contents: [
          user(
            { inlineData: { mimeType: "image/png", data: "AAAA", later: 1 } },
            { fileData: { fileUri: "https://a.example/b.png", later: 1 } },
            {
              functionResponse: {
                id: "1",
                name: "f",
                response: { a: 1 },
                later: 1,
                parts: [
                  { inlineData: { mimeType: "image/png", data: "AAAA", later: 2 }, later: 3 },
                ],
              },
            },
          ),
          model({ functionCall: { id: "1", name: "f", args: {}, later: 1 }, later: 2 }),
        ],
      },
    ],
    [
      "all kinds of tools",
      geminiBody({
        tools: [
          {
            functionDeclarations: [
              {
                name: "f",
                description: "F",
                parameters: {
                  type: "OBJECT",
                  properties: { a: { type: "STRING", nullable: true } },
                  required: ["a"],
                },
                behavior: "BLOCKING",
              },
            ],
          },
          { googleSearch: {} },
          { codeExecution: {} },
        ],
        toolConfig: {
          functionCallingConfig: { mode: "VALIDATED" },
          retrievalConfig: { languageCode: "en" },
        },
      }),
    ],
    [
      "all settings",
      geminiBody({
        generationConfig: {
          maxOutputTokens: 5,
          stopSequences: ["a", "b", "c", "d", "e"],
          temperature: 0.5,
          topP: 0.9,
          topK: 40,
          seed: 7,
          presencePenalty: 0.5,
          frequencyPenalty: 0,
          candidateCount: 1,
          responseLogprobs: true,
          logprobs: 2,
          mediaResolution: "MEDIA_RESOLUTION_LOW",
          responseMimeType: "application/json",
          responseSchema: { type: "OBJECT", properties: { a: { type: "INTEGER", minimum: 1 } } },
          responseModalities: ["TEXT", "IMAGE"],
          speechConfig: { languageCode: "de" },
          thinkingConfig: { thinkingBudget: -1, includeThoughts: true },
        },
        safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }],
        cachedContent: "cachedContents/a",
        store: false,
        serviceTier: "priority",
      }),
    ],
    [
      "a word of an enum",
      geminiBody({
        generationConfig: {
          responseMimeType: "text/x.enum",
          responseSchema: { type: "STRING", enum: ["a"] },
        },
      }),
    ],
    ["plain text", geminiBody({ generationConfig: { responseMimeType: "text/plain" } })],
    [
      "a config without a word that we know",
      geminiBody({
        toolConfig: { includeServerSideToolInvocations: true },
        generationConfig: { enableEnhancedCivicAnswers: true },
      }),
    ],
  ])("%s", (title, body) => {
    const isNew = title.startsWith("what is new");
    if (!isNew) expectValid("GenerateContentRequest", body);
    const context = createContext();
    const request = geminiChat.parseRequest(body);
    reportUnsaid(request, geminiChat, context);
    const { warnings } = context;
    expect(sorted(printed(geminiChat.writeRequest(request, context)))).toEqual(sorted(body));
    expect(warnings).toEqual([]);
  });

  test("is the same from either spelling", () => {
    const camel = geminiBody({
      systemInstruction: { parts: [{ text: "A" }] },
      generationConfig: { maxOutputTokens: 5, stopSequences: ["a"] },
      toolConfig: { functionCallingConfig: { mode: "ANY" } },
    });
    const snake = geminiBody({
      system_instruction: { parts: [{ text: "A" }] },
      generation_config: { max_output_tokens: 5, stop_sequences: ["a"] },
      tool_config: { function_calling_config: { mode: "ANY" } },
    });
    expect(throughHub(snake).body).toEqual(camel);
  });
});

const word = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== "");
const name = fc.constantFrom("look_up", "f", "get_weather");
const value: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom("a", "b", "c"),
  fc.oneof(fc.integer(), word, fc.boolean()),
);

/** What both Gemini and OpenAI can say. */
const exchange = fc.record({
  question: word,
  answer: word,
  calls: fc.array(fc.tuple(name, value), { maxLength: 3 }),
  results: word,
});
const schema = fc.constantFrom<JsonObject>(
  {
    type: "OBJECT",
    properties: { a: { type: "STRING" }, b: { type: "INTEGER", minimum: 1, maximum: 5 } },
    required: ["a"],
  },
  {
    type: "OBJECT",
    properties: {
      a: { type: "ARRAY", items: { type: "STRING", enum: ["x", "y"] }, minItems: "1" },
    },
  },
  {
    type: "OBJECT",
    properties: { a: { anyOf: [{ type: "STRING" }, { type: "NUMBER" }], nullable: true } },
  },
);
const conversation = fc.record({
  system: fc.option(word, { nil: undefined }),
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 4 }),
  last: word,
  schema,
  maxOutputTokens: fc.integer({ min: 1, max: 9000 }),
  temperature: fc.constantFrom(0, 0.5, 1),
  stopSequences: fc.array(word, { minLength: 1, maxLength: 4 }),
});

function bodyOf({
  system,
  exchanges,
  last,
  schema: parameters,
  ...config
}: typeof conversation extends fc.Arbitrary<infer Value> ? Value : never): JsonObject {
  let ids = 0;
  const contents = exchanges.flatMap(({ question, answer, calls, results }) => {
    const called = calls.map(([called, args]) => ({ id: `c${(ids += 1)}`, name: called, args }));
    const said = [
      user({ text: question }),
      model({ text: answer }, ...called.map((functionCall) => ({ functionCall }))),
    ];
    if (called.length === 0) return said;
    const responses = called.map(({ id, name: of }) => ({
      functionResponse: { id, name: of, response: { result: results } },
    }));
    return [...said, user(...responses), model({ text: answer })];
  });
  return {
    contents: [...contents, user({ text: last })],
    ...(system === undefined ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    tools: [{ functionDeclarations: [{ name: "f", description: "F", parameters }] }],
    toolConfig: { functionCallingConfig: { mode: "AUTO" } },
    generationConfig: config,
  };
}

describe("what both families can say means the same", () => {
  test("Gemini → hub → Gemini", () => {
    fc.assert(
      fc.property(conversation, (value) => {
        const body = bodyOf(value);
        expect(throughHub(body)).toMatchObject({ body, warnings: [] });
      }),
      { numRuns: 500 },
    );
  });

  test("Gemini → OpenAI → Gemini", () => {
    let count = 0;
    fc.assert(
      fc.property(conversation, (value) => {
        const body = bodyOf(value);
        const there = toOpenai(body);
        expect(there.warnings).toEqual([]);
        expect(written(openaiChat.parseRequest(there.body))).toMatchObject({ body, warnings: [] });
        count += 1;
      }),
      { numRuns: 500 },
    );
    expect(count).toBeGreaterThanOrEqual(500);
  });
});

describe("signatures come home", () => {
  test("Claude's, through a client of Gemini's", () => {
    const context = createContext();
    const response = geminiChat.writeResponse(
      {
        family: "anthropic",
        id: "msg_1",
        model: "m",
        createdAtSeconds: null,
        choices: [
          {
            index: 0,
            finish: { reason: "stop", native: null },
            parts: [
              {
                kind: "reasoning",
                text: "Hm",
                signature: { family: "anthropic", value: "s1" },
                at: { parent: null, key: "" },
              },
              {
                kind: "redacted_reasoning",
                data: { family: "anthropic", value: "s2" },
                at: { parent: null, key: "" },
              },
              { kind: "text", text: "A", at: { parent: null, key: "" } },
            ],
          },
        ],
        usage: null,
        extras: [],
      },
      context,
    );
    const [candidate] = printed(response)["candidates"] as JsonObject[];
    const { messages } = geminiChat.parseRequest({ contents: [hi, candidate?.["content"] ?? {}] });
    expect(messages[1]?.parts).toMatchObject([
      { kind: "reasoning", text: "Hm", signature: { family: "anthropic", value: "s1" } },
      { kind: "redacted_reasoning", data: { family: "anthropic", value: "s2" } },
      { kind: "text", text: "A" },
    ]);
  });

  test("Gemini's, through a client of OpenAI's", () => {
    const answer = {
      candidates: [
        {
          content: model({
            functionCall: { id: "1", name: "f", args: {} },
            thoughtSignature: "c2ln",
          }),
          finishReason: "STOP",
        },
      ],
    };
    const completion = printed(
      openaiChat.writeResponse(geminiChat.parseResponse(answer), createContext()),
    );
    const [choice] = completion["choices"] as JsonObject[];
    const request = openaiChat.parseRequest({
      messages: [
        { role: "user", content: "Hi" },
        choice?.["message"] ?? {},
        { role: "tool", tool_call_id: "1", content: "A" },
      ],
    });
    const context = createContext({ model: "gemini-3-pro-preview" });
    reportUnsaid(request, geminiChat, context);
    const body = printed(geminiChat.writeRequest(request, context));
    expect(body["contents"]).toEqual([
      hi,
      model({ functionCall: { id: "1", name: "f", args: {} }, thoughtSignature: "c2ln" }),
      user({ functionResponse: { id: "1", name: "f", response: { result: "A" } } }),
    ]);
  });
});
