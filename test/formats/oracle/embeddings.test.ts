import { expect, test } from "vitest";
import type { EmbeddingRequest, EmbeddingTask } from "../../../src/core/embeddings.ts";
import type { EmbeddingCodec } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { fieldText } from "../../../src/core/json-path.ts";
import { formats } from "../../../src/formats/formats.ts";
import { splitEmbeddings } from "../../../src/formats/split-embeddings.ts";
import { reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import {
  type EmbeddingCase,
  embeddingAccentOf,
  loadEmbeddingCases,
} from "../../support/embedding-fixtures.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { printed } from "../openai/translated.ts";
import { findDifferences } from "./differences.ts";
import { EMBEDDING_DIFFERENCES, type ListedEmbeddingDifference } from "./listed-embeddings.ts";
import {
  type EmbeddingApi,
  type EmbeddingCall,
  type EmbeddingTarget,
  sdkEmbedding,
  sdkVectors,
} from "./sdk-models.ts";
import { defined } from "./sdk-values.ts";

const APIS: readonly EmbeddingApi[] = ["openai", "gemini", "bedrock-titan", "bedrock-cohere"];

const requests = loadEmbeddingCases().flatMap((fixture) =>
  APIS.flatMap((from) =>
    (fixture.records[from]?.requests ?? []).flatMap((body, index) =>
      APIS.map((to) => ({ name: fixture.name, from, to, index, fixture, body })),
    ),
  ),
);

const answers = loadEmbeddingCases().flatMap((fixture) =>
  APIS.flatMap((api) =>
    (fixture.records[api]?.responses ?? []).map((body, index) => ({
      name: fixture.name,
      api,
      index,
      fixture,
      body,
    })),
  ),
);

const seen = new Set<ListedEmbeddingDifference>();

test.each(requests)(
  "$name, record $index of $from: $to is asked as the SDK asks, or it says why not",
  async ({ from, to, fixture, body }) => {
    const target = targetOf(fixture, to);
    const request = codecOf(targetOf(fixture, from)).parseRequest(body);
    const codec = codecOf(target);
    const unlisted: unknown[] = [];
    const note = (field: string, ours: unknown, theirs: unknown) => {
      const found = EMBEDDING_DIFFERENCES.filter(
        ({ apis, fields }) => apis.includes(to) && fields.includes(field),
      );
      for (const difference of found) seen.add(difference);
      if (found.length === 0) unlisted.push({ field, ours, theirs });
    };
    for (const piece of splitEmbeddings(request, codec.maxInputs)) {
      const call = toEmbeddingCall(piece);
      if (call === null) {
        note("tokens", "tokens", undefined);
        continue;
      }
      const ours = spellOut(written(piece, codec, target.model));
      const theirs = await sdkEmbedding(target, call);
      for (const { at, ...sides } of findDifferences(ours, theirs)) {
        note(fieldText(at), sides.ours, sides.theirs);
      }
    }
    expect(unlisted).toEqual([]);
  },
);

test.each(answers)(
  "$name, record $index of $api: we read the vectors that the SDK reads",
  async ({ api, fixture, body }) => {
    const target = targetOf(fixture, api);
    const ours = codecOf(target).parseResponse(body);
    const vectors = ours.embeddings.map(({ vectors: [vector] }) =>
      vector?.encoding === "base64" ? null : vector?.values,
    );
    // The SDK doesn't read vectors in base64 at all.
    const theirs = vectors.includes(null) ? null : await sdkVectors(target, body);
    expect(theirs === null ? null : vectors).toEqual(theirs?.embeddings ?? null);
    const tokens = theirs?.usage?.tokens;
    expect(Number.isNaN(tokens) || tokens === undefined ? ours.inputTokens : tokens).toBe(
      ours.inputTokens,
    );
  },
);

test("every difference that is listed occurs", () => {
  expect(requests.length).toBeGreaterThan(80);
  expect(answers.length).toBeGreaterThan(20);
  expect(EMBEDDING_DIFFERENCES.filter((difference) => !seen.has(difference))).toEqual([]);
});

function targetOf(fixture: EmbeddingCase, api: EmbeddingApi): EmbeddingTarget {
  return { api, model: fixture.models[api] ?? embeddingAccentOf(api).model };
}

function codecOf({ api, model }: EmbeddingTarget): EmbeddingCodec {
  const { format } = embeddingAccentOf(api);
  const choice = { endpoint: "embeddings", model, variant: null, sample: null } as const;
  const body = formats[format].chooseBody(choice);
  if (body.kind === "embeddings") return body.codec;
  throw new Error(`${api} has no embeddings`);
}

function written(request: EmbeddingRequest, codec: EmbeddingCodec, model: string): JsonObject {
  const context = recordingContext({ model });
  reportUnsaidEmbedding(request, codec, context);
  return printed(codec.writeRequest(request, context));
}

/** At OpenAI a text is as good as a list of one. */
function spellOut(body: JsonObject): JsonObject {
  return typeof body["input"] === "string" ? { ...body, input: [body["input"]] } : body;
}

/** Null: tokens, which the SDK doesn't take. */
function toEmbeddingCall(request: EmbeddingRequest): EmbeddingCall | null {
  const values = request.inputs.map((input) => (input.kind === "text" ? input.text : null));
  if (values.includes(null)) return null;
  const { dimensions, user, task, normalize, truncate } = request;
  return {
    values: values.filter((value) => value !== null),
    providerOptions: {
      openai: defined({ dimensions, user }),
      google: defined({ outputDimensionality: dimensions, taskType: task && GOOGLE_TASKS[task] }),
      amazonBedrock: defined({
        dimensions,
        normalize,
        inputType: task && COHERE_TASKS[task],
        truncate: truncate?.toUpperCase(),
        outputDimension: dimensions,
      }),
    },
  };
}

const GOOGLE_TASKS: Readonly<Partial<Record<EmbeddingTask, string>>> = {
  query: "RETRIEVAL_QUERY",
  document: "RETRIEVAL_DOCUMENT",
  similarity: "SEMANTIC_SIMILARITY",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
};

const COHERE_TASKS: Readonly<Partial<Record<EmbeddingTask, string>>> = {
  query: "search_query",
  document: "search_document",
  classification: "classification",
  clustering: "clustering",
};
