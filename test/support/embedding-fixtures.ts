import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import {
  applyPatch,
  caseNames,
  type Expectations,
  expectationsSchema,
  objectOf,
  readAccents,
  readDeclarations,
  readFixture,
} from "./fixture-cases.ts";
import { specProblem } from "./specs.ts";

/** Embeddings of test/fixtures/embeddings: as the conversations of test/fixtures/chat, but a request may be several records. */
export interface EmbeddingCase {
  readonly name: string;
  readonly models: Readonly<Record<string, string>>;
  readonly beyondSpecs: Readonly<Record<string, readonly string[]>>;
  readonly records: Readonly<Record<string, EmbeddingRecords>>;
  readonly directions: readonly EmbeddingDirection[];
}

interface EmbeddingRecords {
  readonly requests: readonly JsonObject[];
  readonly responses: readonly JsonObject[];
}

/** A client of one API and the provider behind it: its request goes there, and what comes of it comes back. */
export interface EmbeddingDirection {
  readonly client: string;
  readonly provider: string;
  readonly warnings: readonly string[];
  readonly refusal: string | null;
  readonly requests: readonly JsonObject[];
  readonly response: JsonObject;
}

export function loadEmbeddingCases(): readonly EmbeddingCase[] {
  return caseNames("embeddings").map(loadCase);
}

const caseSchema = z.strictObject({
  description: z.string(),
  models: z.record(z.string(), z.string()).default({}),
  beyondSpecs: z.record(z.string(), z.array(z.enum(["requests", "responses"]))).default({}),
  request: expectationsSchema.default({}),
  response: expectationsSchema.default({}),
});
const recordsSchema = z.strictObject({
  requests: z.array(z.json()),
  responses: z.array(z.json()),
});

function loadCase(name: string): EmbeddingCase {
  const parsed = caseSchema.parse(readFixture(`embeddings/${name}/case.json`));
  const { models, beyondSpecs, ...expectations } = parsed;
  const records: Record<string, EmbeddingRecords> = {};
  for (const [accent, file] of readAccents("embeddings", name)) {
    const { requests, responses } = recordsSchema.parse(file);
    records[accent] = { requests: requests.map(objectOf), responses: responses.map(objectOf) };
  }
  const directions = readDirections(name, records, expectations);
  return { name, models, beyondSpecs, records, directions };
}

/** Who wants one record is a client; several are what becomes of it. */
function readDirections(
  name: string,
  records: Readonly<Record<string, EmbeddingRecords>>,
  expectations: { readonly request: Expectations; readonly response: Expectations },
): EmbeddingDirection[] {
  const there = readDeclarations(expectations.request, `${name}, request`);
  const back = readDeclarations(expectations.response, `${name}, response`);
  const clients = Object.entries(records).filter(([, { requests }]) => requests.length === 1);
  const providers = new Set([...Object.keys(records), ...there.refusing]);
  const directions = clients.flatMap(([client, own]) =>
    [...providers].flatMap((provider): EmbeddingDirection[] => {
      if (provider === client) return [];
      const { patches, warnings, refusals } = there.of(client, provider);
      const answers = back.of(provider, client);
      const requests: Json = [...(records[provider]?.requests ?? [])];
      const [response = {}] = own.responses;
      return [
        {
          client,
          provider,
          warnings,
          refusal: refusals[0] ?? null,
          requests: listOf(patches.reduce<Json>(applyPatch, requests)),
          response: objectOf(answers.patches.reduce<Json>(applyPatch, response)),
        },
      ];
    }),
  );
  there.checkUsed();
  back.checkUsed();
  return directions;
}

function listOf(value: Json): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export interface EmbeddingAccent {
  readonly format: "openai" | "gemini" | "bedrock";
  readonly model: string;
  /** The schemas of the vendor; Bedrock's models have none. */
  problem(kind: "requests" | "responses", body: JsonObject): string | null;
}

const EMBEDDING_ACCENTS: Readonly<Record<string, EmbeddingAccent>> = {
  openai: {
    format: "openai",
    model: "text-embedding-3-small",
    problem: (kind, body) =>
      specProblem(
        "openai",
        kind === "requests" ? "CreateEmbeddingRequest" : "CreateEmbeddingResponse",
        body,
      ),
  },
  gemini: {
    format: "gemini",
    model: "gemini-embedding-001",
    problem: (kind, body) =>
      specProblem(
        "gemini",
        kind === "requests" ? "EmbedContentRequest" : "EmbedContentResponse",
        body,
      ),
  },
  "bedrock-titan": {
    format: "bedrock",
    model: "amazon.titan-embed-text-v2:0",
    problem: () => null,
  },
  "bedrock-cohere": {
    format: "bedrock",
    model: "cohere.embed-english-v3",
    problem: () => null,
  },
};

export function embeddingAccentOf(name: string): EmbeddingAccent {
  const accent = EMBEDDING_ACCENTS[name];
  if (accent === undefined) throw new Error(`no API embeds in the accent ${name}`);
  return accent;
}
