import type { Extra } from "../../core/chat-request.ts";
import type { Embedding, EmbeddingResponse, Vector } from "../../core/embeddings.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { createExtrasReader, invalid, isJsonArray } from "../fields.ts";
import { stringIn } from "../open-values.ts";
import { type ByType, numbersOf, parseVector, TYPES } from "./vectors.ts";

/** Lists of vectors: floats alone, or by type where types were asked for. */
export function parseCohereResponse(body: JsonObject): EmbeddingResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  return {
    family: "bedrock",
    id: stringIn(body, "id") ?? null,
    model: null,
    embeddings: parseEmbeddings(body["embeddings"], childPath(ROOT, "embeddings")),
    inputTokens: null,
    extras,
  };
}

const readExtras = createExtrasReader("id embeddings texts images inputs response_type");

function parseEmbeddings(value: Json | undefined, at: JsonPath): Embedding[] {
  if (isJsonArray(value)) {
    return value.map((item, index) => ({
      index,
      vectors: [parseVector(item, "float", childPath(at, index))],
    }));
  }
  if (!isJsonObject(value)) throw invalid(ROOT, "embeddings", "must be an array or an object");
  const found = new Map<number, Vector[]>();
  for (const type of TYPES) addVectors(found, { list: value[type], type, at: childPath(at, type) });
  return [...found].map(([index, vectors]) => ({ index, vectors }));
}

interface TypedList {
  readonly list: Json | undefined;
  readonly type: ByType;
  readonly at: JsonPath;
}

function addVectors(found: Map<number, Vector[]>, { list, type, at }: TypedList): void {
  if (!isJsonArray(list)) return;
  for (const [index, item] of list.entries()) {
    const vector = parseVector(item, type, childPath(at, index));
    const vectors = found.get(index);
    if (vectors === undefined) found.set(index, [vector]);
    else vectors.push(vector);
  }
}

export function writeCohereResponse(
  response: EmbeddingResponse,
  context: WriteContext,
): JsonObject {
  const lists = new Map<ByType, (readonly number[])[]>();
  for (const { vectors, index } of response.embeddings) {
    for (const vector of vectors) {
      const type = vector.encoding === "base64" ? "float" : vector.encoding;
      const list = lists.get(type) ?? [];
      lists.set(type, list);
      list.push(numbersOf(vector, index));
    }
  }
  const floats = lists.get("float");
  const isPlain = floats !== undefined && lists.size === 1;
  return {
    id: response.id ?? context.newId("embd-"),
    embeddings: isPlain ? floats : Object.fromEntries(lists),
    response_type: isPlain ? "embeddings_floats" : "embeddings_by_type",
  };
}
