import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { CodecError } from "../../../src/core/codec-error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";
import { createAnthropicFormat } from "../../../src/formats/anthropic/anthropic.ts";
import { bodyText, cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { createContext } from "./bodies.ts";

/** Everything that is read and written, so that something of it is there to be spoilt. */
const REQUEST: JsonObject = {
  model: "claude-sonnet-4-5",
  max_tokens: 4000,
  system: [{ type: "text", text: "A", cache_control: { type: "ephemeral", ttl: "1h" } }],
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Hi", citations: [] },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } },
        { type: "image", source: { type: "url", url: "https://a.example/b" } },
        {
          type: "document",
          source: { type: "content", content: [{ type: "text", text: "B" }] },
          title: "T",
          context: "C",
          citations: { enabled: false },
        },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "B" } },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "", signature: "crossbatch.gemini.c2ln" },
        { type: "tool_use", id: "a", name: "b", input: { c: [1] }, caller: { type: "direct" } },
        { type: "redacted_thinking", data: "ZGF0YQ" },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "a",
          content: [{ type: "text", text: "1" }],
          is_error: true,
        },
      ],
    },
    { role: "system", content: "S" },
  ],
  tools: [
    {
      name: "b",
      strict: true,
      input_schema: {
        type: "object",
        properties: { c: { $ref: "#/$defs/C" } },
        $defs: { C: { type: "array", items: { type: "integer", minimum: 1 } } },
      },
    },
    { type: "web_search_20250305", name: "web_search" },
  ],
  tool_choice: { type: "auto", disable_parallel_tool_use: true },
  thinking: { type: "enabled", budget_tokens: 2000, display: "omitted" },
  output_config: {
    effort: "low",
    format: { type: "json_schema", schema: { type: "object", properties: { d: { enum: [1] } } } },
  },
  temperature: 0.5,
  top_p: 0.5,
  top_k: 5,
  stop_sequences: ["A", " "],
  metadata: { user_id: "u" },
  service_tier: "auto",
  cache_control: { type: "ephemeral" },
  container: { id: "c" },
};

const RESPONSE: JsonObject = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [
    { type: "text", text: "A", citations: [{ type: "char_location" }] },
    { type: "thinking", thinking: "B", signature: "c2ln" },
    { type: "redacted_thinking", data: "ZGF0YQ" },
    { type: "tool_use", id: "a", name: "b", input: {} },
    { type: "tool_use", id: "c", name: "crossbatch_json_output", input: { d: 1 } },
    { type: "server_tool_use", id: "e", name: "web_search", input: {} },
  ],
  stop_reason: "refusal",
  stop_sequence: "E",
  stop_details: { type: "refusal", category: null, explanation: "F" },
  usage: {
    input_tokens: 1,
    cache_creation_input_tokens: 2,
    cache_read_input_tokens: 3,
    cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 1 },
    output_tokens: 4,
    output_tokens_details: { thinking_tokens: 2 },
    service_tier: "batch",
  },
};

const RESULT_LINE: JsonObject = {
  custom_id: "a",
  result: {
    type: "errored",
    error: {
      type: "error",
      error: { type: "api_error", message: "m", details: { error_code: "c" } },
      request_id: "r",
    },
  },
};

const NASTY: readonly Json[] = [
  null,
  "",
  "\ud800",
  " ",
  0,
  -1,
  1e308,
  1.5,
  true,
  [],
  {},
  [[]],
  { type: "text" },
  { __proto__: null },
  { constructor: 1, toString: 2, hasOwnProperty: 3 },
  { $ref: "#" },
  "claude-opus-5-5",
  "claude-3-haiku",
];

const json: fc.Arbitrary<Json> = fc
  .oneof(
    fc.constantFrom(...NASTY),
    fc.constantFrom<Json>(JSON.parse(`{"__proto__":{"type":"text"}}`) as Json),
    fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json),
  )
  // Of its own each time, since it's spoilt further.
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** A body with one to three of its values replaced, left out or renamed. */
function spoilt(body: JsonObject): fc.Arbitrary<JsonObject> {
  const change = fc.record({ where: fc.nat(), value: json, key: fc.string(), how: fc.nat(3) });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = JSON.parse(JSON.stringify(body)) as JsonObject;
    for (const { where, value, key, how } of changes) {
      const places = placesOf(copy);
      const place = places[where % places.length];
      if (place === undefined) continue;
      if (how === 0) Reflect.deleteProperty(place.holder, place.key);
      else if (how === 1 && !Array.isArray(place.holder)) addField(place.holder, key, value);
      else Reflect.set(place.holder, place.key, value);
    }
    // An item that was left out of an array is a hole, which JSON doesn't have.
    return JSON.parse(JSON.stringify(copy)) as JsonObject;
  });
}

/** An own field even where it is called `__proto__`. */
function addField(holder: object, key: string, value: Json): void {
  Reflect.defineProperty(holder, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

interface Place {
  readonly holder: object;
  readonly key: string;
}

function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return places;
  for (const [key, inner] of Object.entries(value)) {
    places.push({ holder: value, key });
    placesOf(inner, places);
  }
  return places;
}

const { requestLine, resultLine } = createAnthropicFormat();

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
  const request = anthropicMessages.parseRequest(body);
  const model = typeof body["model"] === "string" ? body["model"] : null;
  for (const family of ["anthropic", "openai"] as const) {
    const context = createContext({ model });
    survives(() => {
      const foreign = { ...request, family };
      reportUnsaid(foreign, anthropicMessages, context);
      bodyText({ kind: "value", value: anthropicMessages.writeRequest(foreign, context) });
    });
  }
}

function crossResponse(body: JsonObject): void {
  const response = anthropicMessages.parseResponse(body);
  for (const family of ["anthropic", "gemini"] as const) {
    const foreign = { ...response, family };
    bodyText({ kind: "value", value: anthropicMessages.writeResponse(foreign, createContext()) });
  }
}

function crossLine(codec: typeof requestLine | typeof resultLine, line: JsonObject): void {
  const text = JSON.stringify(line);
  for (const read of [readLine, cutLine]) survives(() => codec.parse(read(text), 1));
}

const RUNS = { numRuns: 20_000 };
const object = json.filter((value) => isJsonObject(value));

describe("Nothing but our own error is thrown", () => {
  test.each([
    ["requests", REQUEST, crossRequest],
    ["responses", RESPONSE, crossResponse],
    [
      "request lines",
      { custom_id: "a", params: REQUEST },
      (line: JsonObject) => crossLine(requestLine, line),
    ],
    ["result lines", RESULT_LINE, (line: JsonObject) => crossLine(resultLine, line)],
  ])("for spoilt %s", (_it, body, cross) => {
    let survivors = 0;
    fc.assert(
      fc.property(spoilt(body), (value) => {
        if (survives(() => cross(value))) survivors += 1;
      }),
      RUNS,
    );
    expect(survivors).toBeGreaterThan(RUNS.numRuns / 20);
  });

  test.each([
    ["requests", crossRequest],
    ["responses", crossResponse],
    ["request lines", (line: JsonObject) => crossLine(requestLine, line)],
    ["result lines", (line: JsonObject) => crossLine(resultLine, line)],
  ])("for any JSON as %s", (_it, cross) => {
    let count = 0;
    fc.assert(
      fc.property(object, (value) => {
        survives(() => cross(value));
        count += 1;
      }),
      RUNS,
    );
    expect(count).toBe(RUNS.numRuns);
  });

  const deep = (levels: number) =>
    JSON.parse(`${`{"a":[`.repeat(levels)}1${"]}".repeat(levels)}`) as Json;

  test.each<[string, JsonObject]>([
    [
      "a deep input",
      {
        messages: [
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "a", name: "b", input: deep(20_000) }],
          },
        ],
      },
    ],
    [
      "a deep schema",
      {
        tools: [
          {
            name: "a",
            strict: true,
            input_schema: { type: "object", properties: { b: deep(20_000) } },
          },
        ],
      },
    ],
    [
      "a deep answer's schema",
      {
        output_config: {
          format: {
            type: "json_schema",
            schema: { type: "object", properties: { b: deep(20_000) } },
          },
        },
      },
    ],
    ["a deep extra", { later: deep(20_000) }],
    [
      "a deep block",
      { messages: [{ role: "user", content: [{ type: "later", value: deep(20_000) }] }] },
    ],
    [
      "many blocks",
      {
        messages: [
          {
            role: "user",
            content: Array.from({ length: 200_000 }, () => ({ type: "text", text: "a" })),
          },
        ],
      },
    ],
    [
      "many messages",
      { messages: Array.from({ length: 200_000 }, () => ({ role: "user", content: "a" })) },
    ],
    [
      "system text behind each of many messages",
      {
        model: "claude-opus-4-8",
        messages: Array.from({ length: 100_000 }, (_, index) => ({
          role: index % 2 === 0 ? "user" : "system",
          content: "a",
        })),
      },
    ],
    [
      "a cycle of definitions",
      {
        output_config: {
          format: {
            type: "json_schema",
            schema: {
              type: "object",
              properties: { a: { $ref: "#/$defs/A" } },
              $defs: { A: { $ref: "#/$defs/B" }, B: { $ref: "#/$defs/A" } },
            },
          },
        },
      },
    ],
  ])("for %s", (_it, more) => {
    const own = {
      model: "claude-sonnet-4-5",
      max_tokens: 1,
      messages: [{ role: "user", content: "a" }],
      ...more,
    };
    expect(survives(() => crossRequest(own))).toBe(true);
  });

  test("for a deep answer", () => {
    const input = deep(20_000);
    const name = "crossbatch_json_output";
    const content = [{ type: "tool_use", id: "a", name, input }];
    expect(survives(() => crossResponse({ ...RESPONSE, content }))).toBe(false);
    const plainContent = [{ type: "tool_use", id: "a", name: "b", input: {} }];
    expect(survives(() => crossResponse({ ...RESPONSE, content: plainContent }))).toBe(true);
  });

  test("a key __proto__ is a field like any other", () => {
    const body = JSON.parse(
      `{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"__proto__":{"model":"m"}}`,
    ) as JsonObject;
    const request = anthropicMessages.parseRequest(body);
    expect(request.model).toBeNull();
    const written = bodyText({
      kind: "value",
      value: anthropicMessages.writeRequest(request, createContext()),
    });
    expect(written).toContain(`"__proto__":{"model":"m"}`);
  });
});

describe("What an answer has that is new", () => {
  test("never makes it unreadable", () => {
    const inside = (value: unknown): boolean =>
      isJsonObject(value) && Object.keys(value).length > 0;
    let count = 0;
    fc.assert(
      fc.property(fc.nat(), fc.string(), json, (where, key, value) => {
        const copy = JSON.parse(JSON.stringify(RESPONSE)) as JsonObject;
        const holders = [
          copy,
          ...placesOf(copy).map((place) => Reflect.get(place.holder, place.key) as unknown),
        ].filter(inside);
        const holder = holders[where % holders.length];
        if (isJsonObject(holder) && !Object.hasOwn(holder, key) && key !== "content") {
          addField(holder, key, value);
          count += 1;
        }
        crossResponse(copy);
      }),
      RUNS,
    );
    expect(count).toBeGreaterThan(RUNS.numRuns / 2);
  });

  test.each(["stop_reason", "role", "type", "model", "stop_sequence", "id", "usage"])(
    "never makes it unreadable, as the value of %s",
    (key) => {
      for (const value of NASTY) crossResponse({ ...RESPONSE, [key]: value });
      expect(NASTY.length).toBeGreaterThan(10);
    },
  );
});
