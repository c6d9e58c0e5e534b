import { CodecError } from "../../core/codec-error.ts";
import type { Extra } from "../../core/chat-request.ts";
import type { Embedding, EmbeddingResponse } from "../../core/embeddings.ts";
import type { EmbeddingWriteContext } from "../../core/format.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { invalid, readArray, readObject, toObject } from "../fields.ts";
import { ownExtrasOf } from "./own-extras.ts";
import { createProtoExtrasReader, numberIn, objectIn, protoItems } from "./proto-fields.ts";

/** An EmbedContentResponse, or one of several: https://ai.google.dev/api/embeddings */
export function parseEmbeddingResponse(body: JsonObject): EmbeddingResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const items = protoItems(body, "embeddings", ROOT);
  const embeddings =
    items === undefined
      ? [parseEmbedding(readObject(body, "embedding", ROOT), childPath(ROOT, "embedding"), 0)]
      : items.map(({ value, at }, index) => parseEmbedding(toObject(value, at), at, index));
  return {
    family: "gemini",
    id: null,
    model: null,
    embeddings,
    inputTokens: numberIn(objectIn(body, "usageMetadata") ?? {}, "promptTokenCount") ?? null,
    extras,
  };
}

const readExtras = createProtoExtrasReader("embedding embeddings usageMetadata");

function parseEmbedding(embedding: JsonObject, at: JsonPath, index: number): Embedding {
  const values = readArray(embedding, "values", at);
  if (!values.every(isNumber)) throw invalid(at, "values", "must be numbers");
  return { index, vectors: [{ encoding: "float", values }] };
}

function isNumber(value: Json): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function writeEmbeddingResponse(
  response: EmbeddingResponse,
  context: EmbeddingWriteContext,
): JsonObject {
  const written = response.embeddings.map((embedding) => ({
    values: valuesOf(embedding, context),
  }));
  const { inputTokens } = response;
  const [only] = written;
  return {
    ...(written.length === 1 ? { embedding: only } : { embeddings: written }),
    usageMetadata: inputTokens === null ? undefined : { promptTokenCount: inputTokens },
    ...ownExtrasOf(response).in(""),
  };
}

function valuesOf(
  { index, vectors }: Embedding,
  context: EmbeddingWriteContext,
): readonly number[] {
  const at = childPath(ROOT, index);
  const vector = vectors.find(({ encoding }) => encoding === "float") ?? vectors[0];
  if (vector === undefined) return [];
  if (vector.encoding === "base64") {
    const values = decodeFloats(vector.data);
    if (values !== null) return values;
    throw new CodecError("invalid_request", at, "must be 32-bit floats in base64");
  }
  if (vector.encoding !== "float") {
    context.warn(at, `Gemini has no ${vector.encoding}: its numbers stand for floats`);
  }
  return vector.values;
}

/** Little-endian, 32 bits each; null: it isn't that. */
function decodeFloats(base64: string): number[] | null {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) return null;
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += FLOAT_BYTES) {
    const value = bytes.readFloatLE(at);
    // JSON has no NaN, and a vector that holds one is broken.
    if (!Number.isFinite(value)) return null;
    values.push(value);
  }
  return values;
}

const FLOAT_BYTES = 4;
