import { describe, expect, test } from "vitest";
import type { ChatResponse, Choice, Usage } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import {
  at,
  call,
  createContext,
  expectValid,
  foreignResponse,
  printed,
  text,
  writtenResponse,
} from "./bodies.ts";

const parse = (body: JsonObject) => geminiChat.parseResponse(body);
const candidate = (more: JsonObject): JsonObject => ({ candidates: [{ index: 0, ...more }] });
const saying = (...parts: JsonObject[]) =>
  candidate({ content: { role: "model", parts }, finishReason: "STOP" });
const firstChoice = (body: JsonObject): Choice => parse(body).choices[0] as Choice;
/** Without the places that they stood at. */
const parts = (body: JsonObject) =>
  JSON.parse(
    JSON.stringify(firstChoice(body).parts, (key, item: unknown) =>
      key === "at" ? undefined : item,
    ),
  ) as unknown;

describe("answers are read", () => {
  test("as a whole", () => {
    const body = {
      candidates: [
        {
          content: { role: "model", parts: [{ text: "A" }] },
          finishReason: "STOP",
          index: 0,
          avgLogprobs: -0.1,
        },
        {
          content: { role: "model", parts: [{ text: "B" }] },
          finishReason: "MAX_TOKENS",
          index: 1,
        },
      ],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
      modelVersion: "gemini-2.5-flash",
      responseId: "r1",
      createTime: "2026-01-02T03:04:05.678901234Z",
    };
    expect(parse(body)).toMatchObject({
      family: "gemini",
      id: "r1",
      model: "gemini-2.5-flash",
      createdAtSeconds: 1_767_323_045,
      choices: [
        {
          index: 0,
          parts: [{ kind: "text", text: "A" }],
          finish: { reason: "stop", native: "STOP" },
        },
        {
          index: 1,
          parts: [{ kind: "text", text: "B" }],
          finish: { reason: "length", native: "MAX_TOKENS" },
        },
      ],
      usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
    } satisfies Partial<ChatResponse> | object);
  });

  test.each<[string, JsonObject, object[]]>([
    [
      "texts and thoughts",
      saying({ text: "Hm", thought: true }, { text: "A", thoughtSignature: "c2ln" }),
      [
        { kind: "reasoning", text: "Hm" },
        { kind: "text", text: "A", signature: { family: "gemini", value: "c2ln" } },
      ],
    ],
    [
      "calls get ids of their answer",
      {
        ...saying(
          { functionCall: { name: "f", args: { a: 1 } } },
          { functionCall: { id: "x", name: "g" } },
        ),
        responseId: "r/1",
      },
      [
        {
          kind: "tool_call",
          id: "call_r1_0",
          name: "f",
          input: { kind: "object", value: { a: 1 } },
        },
        { kind: "tool_call", id: "x", name: "g", input: { kind: "object", value: {} } },
      ],
    ],
    [
      "an image",
      saying({ inlineData: { mimeType: "image/png", data: "AAAA" } }),
      [{ kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } }],
    ],
    [
      "an image in thought",
      saying({ thought: true, inlineData: { mimeType: "image/png", data: "AAAA" } }),
      [
        {
          kind: "native",
          family: "gemini",
          type: "inlineData",
          value: { thought: true, inlineData: { mimeType: "image/png", data: "AAAA" } },
        },
      ],
    ],
    [
      "code and what came of it",
      saying({ executableCode: { code: "1" } }, { code_execution_result: { output: "1" } }),
      [
        {
          kind: "native",
          family: "gemini",
          type: "executableCode",
          value: { executableCode: { code: "1" } },
        },
        {
          kind: "native",
          family: "gemini",
          type: "codeExecutionResult",
          value: { code_execution_result: { output: "1" } },
        },
      ],
    ],
    [
      "what is new",
      saying(
        { hologram: 1 },
        {},
        { text: "A", later: 1 },
        { text: "B", functionCall: { name: "f" } },
      ),
      [
        { kind: "native", family: "gemini", type: "hologram", value: { hologram: 1 } },
        { kind: "text", text: "A" },
        { kind: "text", text: "B" },
      ],
    ],
    [
      "what it refers to",
      candidate({
        content: { parts: [{ text: "A" }] },
        groundingMetadata: { webSearchQueries: ["a"] },
      }),
      [
        { kind: "text", text: "A" },
        {
          kind: "native",
          family: "gemini",
          type: "groundingMetadata",
          value: { groundingMetadata: { webSearchQueries: ["a"] } },
        },
      ],
    ],
    ["no content", candidate({ finishReason: "MAX_TOKENS" }), []],
    [
      "a content without parts",
      candidate({ content: { role: "model" }, finishReason: "MAX_TOKENS" }),
      [],
    ],
  ])("%s", (_, body, wanted) => {
    expect(parts(body)).toEqual(wanted);
  });

  test.each<[string | undefined, string]>([
    ["FINISH_REASON_UNSPECIFIED", "other"],
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["LANGUAGE", "content_filter"],
    ["OTHER", "other"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["MALFORMED_FUNCTION_CALL", "malformed_tool_call"],
    ["IMAGE_SAFETY", "content_filter"],
    ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
    ["IMAGE_OTHER", "other"],
    ["NO_IMAGE", "other"],
    ["IMAGE_RECITATION", "content_filter"],
    ["UNEXPECTED_TOOL_CALL", "malformed_tool_call"],
    ["TOO_MANY_TOOL_CALLS", "other"],
    ["MISSING_THOUGHT_SIGNATURE", "other"],
    ["MALFORMED_RESPONSE", "other"],
    ["TOMORROW", "other"],
    [undefined, "other"],
  ])("finishReason %s is %s, and is written again as it was", (native, reason) => {
    const body = candidate({ finishReason: native, finishMessage: "why" });
    expect(firstChoice(body).finish).toEqual({ reason, native: native ?? null, message: "why" });
    expect(writtenOwn(body)["candidates"]).toEqual([
      { index: 0, finishMessage: "why", ...(native === undefined ? {} : { finishReason: native }) },
    ]);
  });

  test("a stop after calls is for the calls", () => {
    expect(firstChoice(saying({ functionCall: { name: "f" } })).finish).toMatchObject({
      reason: "tool_calls",
      native: "STOP",
    });
  });

  test.each<[string, JsonObject, Usage | null]>([
    ["none", {}, null],
    [
      "everything, as numbers and text",
      {
        usageMetadata: {
          promptTokenCount: "100",
          toolUsePromptTokenCount: 10,
          cachedContentTokenCount: "40",
          candidatesTokenCount: 5,
          thoughtsTokenCount: "7",
          totalTokenCount: "122",
          promptTokensDetails: [
            { modality: "TEXT", tokenCount: 1 },
            { modality: "AUDIO", tokenCount: "3" },
          ],
        },
      },
      {
        inputTokens: 110,
        cacheReadTokens: 40,
        audioInputTokens: 3,
        outputTokens: 12,
        reasoningTokens: 7,
        audioOutputTokens: undefined,
        totalTokens: 122,
      },
    ],
    [
      "wrong types",
      {
        usageMetadata: { promptTokenCount: {}, candidatesTokenCount: "many", totalTokenCount: [] },
      },
      { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    ],
    [
      "no use",
      { usage_metadata: { prompt_token_count: 3 } },
      { inputTokens: 3, outputTokens: 0, totalTokens: 3 },
    ],
  ])("usage: %s", (_, body, wanted) => {
    expect(parse(body).usage).toEqual(wanted);
  });

  test.each<[string, JsonObject, object]>([
    [
      "a blocked prompt",
      { promptFeedback: { blockReason: "SAFETY" } },
      { reason: "content_filter", native: "SAFETY" },
    ],
    [
      "a block reason of tomorrow",
      { candidates: [], promptFeedback: { blockReason: "NEW", blockReasonMessage: "why" } },
      { reason: "content_filter", native: "NEW", message: "why" },
    ],
    ["nothing at all", {}, { reason: "other", native: null }],
  ])("%s is one choice without parts", (_, body, finish) => {
    expect(parse(body).choices).toEqual([{ index: 0, parts: [], finish }]);
  });

  test("log probabilities", () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "A", tokenId: 1, logProbability: -0.1 }, { token: 5 }],
      topCandidates: [
        {
          candidates: [
            { token: "A", logProbability: -0.1 },
            { token: "B", logProbability: -2 },
          ],
        },
      ],
    };
    expect(firstChoice(candidate({ logprobsResult })).logprobs).toEqual([
      {
        token: "A",
        logprob: -0.1,
        top: [
          { token: "A", logprob: -0.1 },
          { token: "B", logprob: -2 },
        ],
      },
    ]);
  });
});

/** A reason of tomorrow isn't in the schema of today. */
function writtenOwn(body: JsonObject): JsonObject {
  return printed(geminiChat.writeResponse(parse(body), createContext()));
}

interface Case {
  readonly parts?: readonly AssistantPart[];
  readonly choice?: Partial<Choice>;
  readonly candidate: JsonObject;
  readonly warnings?: readonly string[];
}

const said = (...written: JsonObject[]) => ({ content: { role: "model", parts: written } });
const base64 = { kind: "base64", mediaType: "image/gif", data: "AAAA" } as const;

const ANSWERS: Readonly<Record<string, Case>> = {
  "a text": {
    parts: [text("A"), text("")],
    candidate: { ...said({ text: "A" }), finishReason: "STOP" },
  },
  nothing: { candidate: { finishReason: "STOP" } },
  calls: {
    parts: [text("A"), call("1"), { ...call("2"), input: { kind: "json_text", text: `{"b":2}` } }],
    choice: { finish: { reason: "tool_calls", native: "tool_use" } },
    candidate: {
      ...said(
        { text: "A" },
        { functionCall: { id: "1", name: "f", args: { a: 1 } } },
        { functionCall: { id: "2", name: "f", args: { b: 2 } } },
      ),
      finishReason: "STOP",
    },
  },
  "a call whose arguments are broken": {
    parts: [{ ...call("1"), input: { kind: "json_text", text: `{"a":` } }],
    choice: { finish: { reason: "tool_calls", native: "tool_calls" } },
    candidate: {
      finishReason: "MALFORMED_FUNCTION_CALL",
      finishMessage: `Malformed function call: f({"a":)`,
    },
    warnings: ["messages[].content[]"],
  },
  "a refusal": {
    parts: [{ kind: "refusal", text: "No.", at }],
    choice: { finish: { reason: "refusal", native: "refusal", message: "why" } },
    candidate: { ...said({ text: "No." }), finishReason: "SAFETY", finishMessage: "why" },
  },
  "thinking, whose proof SDKs can decode": {
    parts: [
      { kind: "reasoning", text: "Hm", signature: { family: "anthropic", value: "a.b" }, at },
      { kind: "redacted_reasoning", data: { family: "anthropic", value: "c" }, at },
      { kind: "reasoning", text: "Ah", signature: { family: "gemini", value: "c2ln" }, at },
    ],
    candidate: {
      ...said(
        {
          text: "Hm",
          thought: true,
          thoughtSignature: Buffer.from("crossbatch.anthropic.a.b").toString("base64"),
        },
        {
          thought: true,
          thoughtSignature: Buffer.from("crossbatch.anthropic.c").toString("base64"),
        },
        { text: "Ah", thought: true, thoughtSignature: "c2ln" },
      ),
      finishReason: "STOP",
    },
  },
  media: {
    parts: [
      { kind: "image", source: base64, at },
      { kind: "image", source: { kind: "file", family: "openai", id: "a", mediaType: null }, at },
    ],
    candidate: {
      ...said({ inlineData: { mimeType: "image/gif", data: "AAAA" } }),
      finishReason: "STOP",
    },
    warnings: ["messages[].content[]"],
  },
  "another family's part": {
    parts: [
      text("A"),
      { kind: "native", family: "anthropic", type: "server_tool_use", value: {}, at },
    ],
    candidate: { ...said({ text: "A" }), finishReason: "STOP" },
    warnings: ["messages[].content[]"],
  },
  "log probabilities": {
    parts: [text("A")],
    choice: { logprobs: [{ token: "A", logprob: -1, top: [{ token: "B", logprob: -2 }] }] },
    candidate: {
      ...said({ text: "A" }),
      finishReason: "STOP",
      logprobsResult: {
        chosenCandidates: [{ token: "A", logProbability: -1 }],
        topCandidates: [{ candidates: [{ token: "B", logProbability: -2 }] }],
      },
    },
  },
};

describe("another family's answer is written", () => {
  test.each(Object.entries(ANSWERS))(
    "%s",
    (_, { parts: given = [], choice = {}, candidate: wanted, warnings = [] }) => {
      const { body, warnings: warned } = writtenResponse(
        foreignResponse({ parts: given, ...choice }),
      );
      expect(body["candidates"]).toEqual([{ index: 0, ...wanted }]);
      expect(warned).toEqual(warnings);
    },
  );

  test.each<[Choice["finish"]["reason"], string]>([
    ["stop", "STOP"],
    ["stop_sequence", "STOP"],
    ["length", "MAX_TOKENS"],
    ["context_window", "MAX_TOKENS"],
    ["tool_calls", "STOP"],
    ["content_filter", "SAFETY"],
    ["refusal", "SAFETY"],
    ["pause", "STOP"],
    ["malformed_tool_call", "MALFORMED_FUNCTION_CALL"],
    ["other", "STOP"],
  ])("%s is %s", (reason, finishReason) => {
    const { body } = writtenResponse(foreignResponse({ finish: { reason, native: "x" } }));
    expect(body["candidates"]).toEqual([{ index: 0, finishReason }]);
  });

  test("ids, model and usage, without zeros", () => {
    const usage = {
      inputTokens: 10,
      cacheReadTokens: 0,
      outputTokens: 5,
      reasoningTokens: 2,
      totalTokens: 15,
    };
    const { body } = writtenResponse(foreignResponse({}, { id: null, model: null, usage }));
    expect(body).toMatchObject({
      responseId: "response-test",
      modelVersion: "gpt-4.1",
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 2,
        totalTokenCount: 15,
      },
    });
    expect(body["usageMetadata"]).not.toHaveProperty("cachedContentTokenCount");
  });
});

describe("Gemini's own answer comes back the same", () => {
  const usageMetadata = {
    promptTokenCount: 5,
    candidatesTokenCount: 2,
    totalTokenCount: 7,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: 5 }],
  };
  const whole = { usageMetadata, modelVersion: "gemini-2.5-flash", responseId: "r1" };

  test.each<[string, JsonObject]>([
    ["a text", saying({ text: "A", thoughtSignature: "c2ln" })],
    [
      "a blocked prompt",
      {
        promptFeedback: {
          blockReason: "SAFETY",
          safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH" }],
        },
      },
    ],
    [
      "a blocked answer",
      candidate({
        finishReason: "SAFETY",
        safetyRatings: [
          { category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH", blocked: true },
        ],
      }),
    ],
    [
      "calls and code",
      saying(
        { functionCall: { id: "1", name: "f", args: {} }, thoughtSignature: "c2ln" },
        { executableCode: { language: "PYTHON", code: "1" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
      ),
    ],
    [
      "what it refers to",
      candidate({
        content: { role: "model", parts: [{ text: "A" }] },
        finishReason: "STOP",
        groundingMetadata: { webSearchQueries: ["a"] },
        citationMetadata: { citationSources: [{ uri: "https://a.example" }] },
        avgLogprobs: -0.5,
      }),
    ],
    [
      "several",
      {
        candidates: [
          { index: 0, finishReason: "STOP", tokenCount: 1 },
          { index: 1, finishReason: "STOP", tokenCount: 2 },
        ],
      },
    ],
  ])("%s", (_, body) => {
    expectValid("GenerateContentResponse", body);
    expect(writtenResponse(parse({ ...body, ...whole })).body).toEqual({ ...body, ...whole });
  });
});
