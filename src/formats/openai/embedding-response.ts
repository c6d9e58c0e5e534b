import { CodecError } from "../../core/codec-error.ts";
import type { Extra } from "../../core/chat-request.ts";
import type { Embedding, EmbeddingResponse, Vector } from "../../core/embeddings.ts";
import type { EmbeddingWriteContext } from "../../core/format.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { createExtrasReader, invalid, isJsonArray, readArray, toObject } from "../fields.ts";
import { decodeFloats, encodeFloats } from "./float-vectors.ts";
import { numberIn, objectIn, stringIn } from "../open-values.ts";

/** https://platform.openai.com/docs/api-reference/embeddings/object */
export function parseEmbeddingResponse(body: JsonObject): EmbeddingResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const at = childPath(ROOT, "data");
  const embeddings = readArray(body, "data", ROOT).map((value, index) =>
    parseEmbedding(value, childPath(at, index), index),
  );
  return {
    family: "openai",
    id: stringIn(body, "id") ?? null,
    model: stringIn(body, "model") ?? null,
    embeddings: embeddings.toSorted((one, other) => one.index - other.index),
    inputTokens: numberIn(objectIn(body, "usage") ?? {}, "prompt_tokens") ?? null,
    extras,
  };
}

const readExtras = createExtrasReader("id object data model usage");

function parseEmbedding(value: Json, at: JsonPath, position: number): Embedding {
  const item = toObject(value, at);
  const index = numberIn(item, "index") ?? position;
  const { embedding } = item;
  if (typeof embedding === "string") {
    return { index, vectors: [{ encoding: "base64", data: embedding }] };
  }
  if (isJsonArray(embedding) && embedding.every(isNumber)) {
    return { index, vectors: [{ encoding: "float", values: embedding }] };
  }
  throw invalid(at, "embedding", "must be an array of numbers or base64");
}

function isNumber(value: Json): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function writeEmbeddingResponse(
  response: EmbeddingResponse,
  context: EmbeddingWriteContext,
): JsonObject {
  const tokens = response.inputTokens ?? 0;
  return {
    object: "list",
    data: response.embeddings.map((embedding) => ({
      object: "embedding",
      index: embedding.index,
      embedding: writeVector(embedding, context),
    })),
    model: response.model ?? context.model ?? "",
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** In the encoding that was asked for, from floats if there are any, else from what there is. */
function writeVector(embedding: Embedding, context: EmbeddingWriteContext): Json {
  const { vectors } = embedding;
  const vector =
    vectors.find(({ encoding }) => encoding === context.encoding) ??
    vectors.find(({ encoding }) => encoding === "float" || encoding === "base64") ??
    vectors[0];
  if (vector === undefined) return [];
  if (vector.encoding !== "float" && vector.encoding !== "base64") {
    const at = childPath(childPath(ROOT, "data"), embedding.index);
    context.warn(at, `OpenAI has no ${vector.encoding}: its numbers stand for floats`);
  }
  if (context.encoding === "base64") {
    return vector.encoding === "base64" ? vector.data : encodeFloats(vector.values);
  }
  return vector.encoding === "base64" ? decode(vector, embedding.index) : vector.values;
}

function decode(
  vector: Vector & { readonly encoding: "base64" },
  index: number,
): readonly number[] {
  const values = decodeFloats(vector.data);
  if (values !== null) return values;
  const message = "must be 32-bit floats in base64";
  throw new CodecError("invalid_request", `data[${index}].embedding`, message);
}
