import { describe, expect, test } from "vitest";
import type { Format } from "../../src/core/format.ts";
import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import type { LineMap, MapOptions, MappedLine, Side } from "../../src/core/translation.ts";
import { formats, requestMap, resultMap } from "../../src/formats/formats.ts";
import { createLineIds, type RequestLineIds } from "../../src/formats/line-ids.ts";
import {
  type EmbeddingCase,
  type EmbeddingDirection,
  embeddingAccentOf,
  loadEmbeddingCases,
} from "../support/embedding-fixtures.ts";

const cases = loadEmbeddingCases();
const directions = cases.flatMap((fixture) =>
  fixture.directions.map((direction) => {
    const title = `${fixture.name}: ${direction.client} → ${direction.provider} and back`;
    return [title, { fixture, direction }] as const;
  }),
);
const records = cases.flatMap(({ name, records, beyondSpecs }) =>
  Object.entries(records).flatMap(([accent, { requests, responses }]) =>
    (["requests", "responses"] as const).map((kind) => {
      const bodies = { requests, responses }[kind];
      const isBeyond = beyondSpecs[accent]?.includes(kind) ?? false;
      return [`${name}: ${kind} of ${accent}`, { accent, kind, bodies, isBeyond }] as const;
    }),
  ),
);

test("each case is checked in some direction", () => {
  process.stdout.write(`embeddings: ${cases.length} cases, ${directions.length} directions\n`);
  for (const { name, directions } of cases) {
    expect(directions.length, `directions of ${name}`).toBeGreaterThan(0);
  }
});

test.each(records.filter(([, { isBeyond }]) => !isBeyond))(
  "%s fit their API's own schema",
  (_, { accent, kind, bodies }) => {
    const api = embeddingAccentOf(accent);
    expect(bodies.map((body) => api.problem(kind, body))).toEqual(bodies.map(() => null));
  },
);

describe("a client's request becomes the records of a provider, and their results its response", () => {
  test.each(directions)("%s", (_, { fixture, direction }) => {
    expect(outcome(fixture, direction)).toEqual(wanted(fixture, direction));
  });
});

interface Outcome {
  readonly requests: readonly JsonObject[];
  readonly warnings: readonly string[];
  readonly response: JsonObject | null;
}

type Refused = { readonly refused: string };

function wanted(fixture: EmbeddingCase, direction: EmbeddingDirection): Outcome | Refused {
  const { client, provider, refusal, warnings, requests, response } = direction;
  if (refusal !== null) return { refused: refusal };
  return {
    requests: requests.map((body) => withModel(body, modelOf(fixture, provider))),
    warnings: warnings.toSorted(),
    // A provider that doesn't name its model is asked by the client's side for it.
    response: withoutId(withModel(response, answeringModel(fixture, { client, provider }))),
  };
}

function outcome(fixture: EmbeddingCase, direction: EmbeddingDirection): Outcome | Refused {
  const { client, provider, refusal } = direction;
  const from = sideOf(fixture, client);
  const to = sideOf(fixture, provider);
  const ids = createLineIds(to.format.idRule);
  const there = requestMap(from, to, optionsOf(ids)) ?? missing();
  const request = fixture.records[client]?.requests[0] ?? {};
  const mapped = there.map(JSON.stringify(requestLine(from, request)), 1);
  if (mapped.kind === "failed") {
    const message = `${mapped.error.path ?? ""} ${mapped.error.message}`;
    return { refused: refusal !== null && message.includes(refusal) ? refusal : message };
  }
  const sent = mapped.lines.map(parsed);
  const reader = from.format.name === "bedrock" ? from : { ...from, model: null };
  const back = resultMap(to, reader, optionsOf(ids)) ?? missing();
  // In another order than they were sent.
  const results = sent
    .map((line, index) => {
      const answer = fixture.records[provider]?.responses[index] ?? {};
      return JSON.stringify(resultLine(to, line, answer));
    })
    .toReversed();
  const prefix = `${requestKey(from)}.`;
  return {
    requests: sent.map((line) => objectAt(line, requestKey(to))),
    warnings: there
      .report()
      .warnings.map(({ field }) => field.replace(prefix, ""))
      .toSorted(),
    response: withoutId(readAnswer(back, from, results)),
  };
}

function readAnswer(map: LineMap, side: Side, results: readonly string[]): JsonObject {
  const mapped: MappedLine[] = results.map((line, index) => map.map(line, index + 1));
  const lines = [...mapped, ...map.end()].flatMap((line) =>
    line.kind === "lines" ? line.lines : [],
  );
  expect(lines).toHaveLength(1);
  const line = parsed(lines[0] ?? "{}");
  expect(line[{ openai: "custom_id", gemini: "key", bedrock: "recordId" }[nameOf(side)]]).toBe(ID);
  switch (nameOf(side)) {
    case "openai":
      return objectAt(objectAt(line, "response"), "body");
    case "gemini":
      return objectAt(line, "response");
    case "bedrock":
      return objectAt(line, "modelOutput");
  }
}

const ID = "case-1";

function requestLine(side: Side, body: JsonObject): JsonObject {
  switch (nameOf(side)) {
    case "openai":
      return { custom_id: ID, method: "POST", url: "/v1/embeddings", body };
    case "gemini":
      return { key: ID, request: body };
    case "bedrock":
      return { recordId: ID, modelInput: body };
  }
}

function resultLine(side: Side, request: JsonObject, body: JsonObject): JsonObject {
  const { custom_id: customId, key, recordId } = request;
  switch (nameOf(side)) {
    case "openai": {
      const response = { status_code: 200, request_id: "req-1", body };
      return { id: "batch_req_1", custom_id: customId, response, error: null };
    }
    case "gemini":
      return { key, response: body };
    case "bedrock":
      return { recordId, modelInput: {}, modelOutput: body };
  }
}

function requestKey(side: Side): string {
  return { openai: "body", gemini: "request", bedrock: "modelInput" }[nameOf(side)];
}

function nameOf({ format }: Side): "openai" | "gemini" | "bedrock" {
  if (format.name === "anthropic") throw new Error("Anthropic makes no embeddings");
  return format.name;
}

function sideOf(fixture: EmbeddingCase, accent: string): Side {
  const found: Format = formats[embeddingAccentOf(accent).format];
  const variant = found.name === "bedrock" ? "InvokeModel" : null;
  return { format: found, endpoint: "embeddings", variant, model: modelOf(fixture, accent) };
}

function modelOf({ models }: EmbeddingCase, accent: string): string {
  return models[accent] ?? embeddingAccentOf(accent).model;
}

function answeringModel(
  fixture: EmbeddingCase,
  { client, provider }: Pick<EmbeddingDirection, "client" | "provider">,
): string {
  const named = fixture.records[provider]?.responses[0]?.["model"];
  const reader = embeddingAccentOf(client).format === "bedrock" ? client : provider;
  return typeof named === "string" ? named : modelOf(fixture, reader);
}

function optionsOf(ids: RequestLineIds): MapOptions {
  return {
    mode: "warn",
    isBatch: true,
    ids,
    hasMixedLines: true,
    nowSeconds: () => 1_764_000_000,
    newId: (prefix) => `${prefix}new`,
  };
}

function withModel(body: JsonObject, model: string): JsonObject {
  return body["model"] === undefined ? body : { ...body, model };
}

/** Cohere's answers alone have ids, and repeat the texts. */
function withoutId({ id: _id, texts: _texts, ...body }: JsonObject): JsonObject {
  return body;
}

function parsed(line: string): JsonObject {
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value)) throw new Error(`no object: ${line}`);
  return value;
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw new Error(`no ${key} in ${JSON.stringify(object)}`);
  return value;
}

function missing(): never {
  throw new Error("there must be a map");
}
