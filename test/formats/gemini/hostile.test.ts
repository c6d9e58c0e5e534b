import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { CodecError } from "../../../src/core/codec-error.ts";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import { geminiEmbeddings } from "../../../src/formats/gemini/embeddings.ts";
import { createGeminiFormat } from "../../../src/formats/gemini/gemini.ts";
import { bodyText, cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { mutated, withStrangers } from "../openai/mutations.ts";
import { createContext } from "./bodies.ts";

const RUNS = { numRuns: 20_000 };

/** Everything that is read, so that something of it is there to be spoilt. */
const REQUEST: JsonObject = {
  model: "models/gemini-2.5-flash",
  systemInstruction: { role: "user", parts: [{ text: "A" }] },
  contents: [
    {
      role: "user",
      parts: [
        { text: "A", partMetadata: { a: 1 } },
        {
          inlineData: { mimeType: "image/png", data: "AA-_" },
          mediaResolution: { level: "MEDIA_RESOLUTION_LOW" },
        },
        {
          fileData: { fileUri: "https://a.example/b.mp4", mimeType: "video/mp4" },
          videoMetadata: { fps: 1 },
        },
      ],
    },
    {
      role: "model",
      parts: [
        { text: "B", thought: true, thoughtSignature: "Y3Jvc3NiYXRjaC5hbnRocm9waWMuYQ==" },
        { functionCall: { name: "f", args: { a: [1] } }, thoughtSignature: "c2ln" },
        { functionCall: { id: "x", name: "g" } },
        { executableCode: { code: "1" } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { name: "f", response: { result: "A" } } },
        {
          functionResponse: {
            id: "x",
            name: "g",
            response: { error: "A" },
            parts: [{ inlineData: { mimeType: "image/png", data: "" } }],
          },
        },
      ],
    },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: "f",
          description: "F",
          parameters: {
            type: "OBJECT",
            properties: {
              a: {
                anyOf: [
                  { type: "STRING", enum: ["a"], nullable: true },
                  { type: "INTEGER", enum: ["1", "3"], minimum: 1 },
                ],
              },
              b: { type: "ARRAY", items: { type: "STRING", maxLength: "5" }, minItems: "1" },
            },
            required: ["a"],
            propertyOrdering: ["b", "a"],
          },
        },
        {
          name: "g",
          parametersJsonSchema: {
            $ref: "#/$defs/a",
            allOf: [{ type: ["object", "null"] }],
            $defs: { a: { properties: { b: { const: 1 }, c: { prefixItems: [true] } } } },
          },
        },
      ],
    },
    { googleSearch: {} },
  ],
  toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f", "g"] } },
  generationConfig: {
    maxOutputTokens: "5",
    stopSequences: ["a"],
    temperature: 0.5,
    topK: 5,
    seed: 7,
    candidateCount: 2,
    responseLogprobs: true,
    logprobs: 1,
    responseMimeType: "application/json",
    responseSchema: { type: "OBJECT", properties: { a: { type: "NUMBER" } } },
    responseModalities: ["TEXT"],
    thinkingConfig: { thinkingBudget: 5, thinkingLevel: "LOW", includeThoughts: true },
  },
  safetySettings: [{}],
  store: true,
  serviceTier: "flex",
};

const RESPONSE: JsonObject = {
  candidates: [
    {
      content: {
        role: "model",
        parts: [
          { text: "A" },
          { text: "B", thought: true, thoughtSignature: "c2ln" },
          { functionCall: { name: "f", args: {} } },
          { inlineData: { mimeType: "image/png", data: "" } },
          { executableCode: { code: "1" } },
        ],
      },
      finishReason: "STOP",
      index: 0,
      groundingMetadata: { a: 1 },
      logprobsResult: {
        chosenCandidates: [{ token: "A", logProbability: -1 }],
        topCandidates: [{ candidates: [{ token: "A", logProbability: -1 }] }],
      },
    },
  ],
  promptFeedback: { blockReason: "SAFETY" },
  usageMetadata: {
    promptTokenCount: "5",
    candidatesTokenCount: 2,
    thoughtsTokenCount: 1,
    promptTokensDetails: [{ modality: "AUDIO", tokenCount: 1 }],
  },
  modelVersion: "m",
  responseId: "r",
};

const EMBED: JsonObject = {
  content: { parts: [{ text: "A" }, { inlineData: { mimeType: "image/png", data: "" } }] },
  taskType: "CLUSTERING",
  title: "T",
  outputDimensionality: 5,
};
const RESULT_LINE: JsonObject = {
  key: "a",
  metadata: { key: "b" },
  error: {
    code: 3,
    message: "m",
    status: "X",
    details: [{ reason: "r", domain: "crossbatch", metadata: { line: "3", path: "p" } }],
  },
  status: "Bad {}",
};

/** Whatever is thrown is our own; returns whether nothing was. */
function survives(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

function crossRequest(body: JsonObject): void {
  const request = geminiChat.parseRequest(body);
  for (const family of ["gemini", "anthropic"] as const) {
    for (const model of ["gemini-2.5-flash", "gemini-3-pro-preview"]) {
      const context = createContext({ model });
      survives(() => {
        const foreign = { ...request, family };
        reportUnsaid(foreign, geminiChat, context);
        bodyText({ kind: "value", value: geminiChat.writeRequest(foreign, context) });
      });
    }
  }
}

function crossResponse(body: JsonObject): void {
  const response = geminiChat.parseResponse(body);
  for (const family of ["gemini", "openai"] as const) {
    bodyText({
      kind: "value",
      value: geminiChat.writeResponse({ ...response, family }, createContext()),
    });
  }
}

function crossEmbedding(body: JsonObject): void {
  const request = geminiEmbeddings.parseRequest(body);
  for (const family of ["gemini", "openai"] as const) {
    const context = createContext();
    survives(() => {
      reportUnsaidEmbedding({ ...request, family }, geminiEmbeddings, context);
      bodyText({
        kind: "value",
        value: geminiEmbeddings.writeRequest({ ...request, family }, context),
      });
    });
  }
}

function crossEmbeddingResponse(body: JsonObject): void {
  const response = geminiEmbeddings.parseResponse(body);
  bodyText({ kind: "value", value: geminiEmbeddings.writeResponse(response, createContext()) });
}

const { requestLine, resultLine } = createGeminiFormat();

function crossRequestLine(line: JsonObject): void {
  for (const read of [readLine, cutLine]) {
    survives(() => void requestLine.write(requestLine.parse(read(JSON.stringify(line)), 1)));
  }
}

function crossResultLine(line: JsonObject): void {
  for (const read of [readLine, cutLine]) {
    survives(() => void resultLine.write(resultLine.parse(read(JSON.stringify(line)), 1)));
  }
}

const ENTRIES = [
  ["requests", REQUEST, crossRequest],
  ["responses", RESPONSE, crossResponse],
  ["embedding requests", EMBED, crossEmbedding],
  [
    "embedding responses",
    { embedding: { values: [1, 2] }, usageMetadata: { promptTokenCount: "1" } },
    crossEmbeddingResponse,
  ],
  ["request lines", { key: "a", metadata: { key: "b" }, request: EMBED }, crossRequestLine],
  ["result lines", RESULT_LINE, crossResultLine],
] as const;

const anything = fc
  .json({ maxDepth: 4 })
  .map((text): unknown => JSON.parse(text))
  .map((value): JsonObject =>
    isJsonObject(value) ? value : ({ contents: value, candidates: value } as JsonObject),
  );

describe("nothing but our own error is thrown", () => {
  test.each(ENTRIES)("for spoilt %s", (_, body, cross) => {
    let survivors = 0;
    fc.assert(
      fc.property(mutated([body]), (value) => {
        if (survives(() => cross(value))) survivors += 1;
      }),
      RUNS,
    );
    expect(survivors).toBeGreaterThan(RUNS.numRuns / 20);
  });

  test.each(ENTRIES)("for any JSON as %s", (_, __, cross) => {
    let count = 0;
    fc.assert(
      fc.property(anything, (value) => {
        survives(() => cross(value));
        count += 1;
      }),
      RUNS,
    );
    expect(count).toBe(RUNS.numRuns);
  });

  const deep = (levels: number) =>
    JSON.parse(`${`{"a":[`.repeat(levels)}1${"]}".repeat(levels)}`) as JsonObject;
  const items = (levels: number) =>
    JSON.parse(`${`{"type":"ARRAY","items":`.repeat(levels)}{}${"}".repeat(levels)}`) as JsonObject;
  const many = (count: number, item: JsonObject) => Array.from({ length: count }, () => item);
  const asked = (parts: JsonObject[]) => ({ contents: [{ role: "user", parts }] });

  test.each<[string, JsonObject]>([
    [
      "deep arguments",
      {
        contents: [{ role: "model", parts: [{ functionCall: { name: "f", args: deep(20_000) } }] }],
      },
    ],
    [
      "a deep schema",
      { ...asked([{ text: "A" }]), generationConfig: { responseSchema: items(20_000) } },
    ],
    [
      "a deep JSON Schema",
      { ...asked([{ text: "A" }]), generationConfig: { responseJsonSchema: items(20_000) } },
    ],
    ["a deep extra", { ...asked([{ text: "A" }]), later: deep(20_000) }],
    ["a deep part", asked([{ later: deep(20_000) }])],
    ["many parts", asked(many(200_000, { text: "A" }))],
    [
      "many results",
      asked(many(100_000, { functionResponse: { name: "f", response: { result: "" } } })),
    ],
    [
      "many calls",
      {
        contents: [
          { role: "model", parts: many(100_000, { functionCall: { name: "f" } }) },
          ...asked(many(100_000, { functionResponse: { name: "f", response: {} } })).contents,
        ],
      },
    ],
    ["many turns", { contents: many(200_000, { role: "user", parts: [{ text: "A" }] }) }],
    ["many extras", { ...asked(many(50_000, { text: "A", partMetadata: {} })) }],
  ])("for %s", (_, body) => {
    survives(() => crossRequest(body));
    survives(() =>
      crossResponse({
        candidates: [
          { content: { parts: (body["contents"] as JsonObject[])[0]?.["parts"] ?? [] } },
        ],
      }),
    );
    expect(Object.keys(body).length).toBeGreaterThan(0);
  });

  test("a key __proto__ is a field like any other", () => {
    const body = JSON.parse(
      `{"contents":[{"parts":[{"text":"A","__proto__":{"thought":true}}]}],"__proto__":{"model":"m"}}`,
    ) as JsonObject;
    const request = geminiChat.parseRequest(body);
    expect(request.model).toBeNull();
    const written = bodyText({
      kind: "value",
      value: geminiChat.writeRequest(request, createContext()),
    });
    expect(written).toContain(`"__proto__":{"model":"m"}`);
    expect(written).toContain(`"__proto__":{"thought":true}`);
  });
});

describe("what is new in an answer", () => {
  test.each<[string, JsonObject, (body: JsonObject) => void]>([
    ["chat", RESPONSE, crossResponse],
    ["embeddings", { embedding: { values: [1] } }, crossEmbeddingResponse],
  ])("never makes it unreadable: %s", (_, body, cross) => {
    expect(survives(() => cross(withStrangers(body)))).toBe(true);
  });

  test.each([
    "finishReason",
    "index",
    "avgLogprobs",
    "safetyRatings",
    "groundingMetadata",
    "logprobsResult",
    "finishMessage",
    "later",
  ])("never makes it unreadable, as the value of %s", (key) => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 2 }), (text) => {
        const candidate = {
          content: { parts: [{ text: "A" }] },
          [key]: JSON.parse(text) as JsonObject,
        };
        crossResponse({ candidates: [candidate] });
      }),
      { numRuns: 500 },
    );
    expect(survives(() => crossResponse(RESPONSE))).toBe(true);
  });

  test("nor as a field of the whole", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          "promptFeedback",
          "usageMetadata",
          "modelVersion",
          "responseId",
          "createTime",
          "modelStatus",
        ),
        fc.json({ maxDepth: 2 }),
        (key, text) => {
          crossResponse({ ...RESPONSE, [key]: JSON.parse(text) as JsonObject });
        },
      ),
      { numRuns: 3000 },
    );
    expect(survives(() => crossResponse(RESPONSE))).toBe(true);
  });
});
