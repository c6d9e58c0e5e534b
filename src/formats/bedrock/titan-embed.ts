import type { Extra } from "../../core/chat-request.ts";
import type {
  EmbeddingFieldNames,
  EmbeddingRequest,
  EmbeddingResponse,
  EmbeddingSupport,
} from "../../core/embeddings.ts";
import type { EmbeddingCodec } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import {
  createExtrasReader,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalInteger,
  readString,
  toOneOf,
} from "../fields.ts";
import { countIn, objectIn } from "../open-values.ts";
import { checkDimensions, inputText, wantedTypes } from "./embedding-request.ts";
import { numbersOf, parseVector, TYPES } from "./vectors.ts";

const SUPPORT_V1: EmbeddingSupport = {
  fields: {
    dimensions: "partly",
    encodings: "partly",
    task: "warned",
    title: "warned",
    truncate: "partly",
    normalize: "partly",
    user: "warned",
  },
  inputs: { text: "kept", tokens: "refused", parts: "partly" },
};

const fieldNames: EmbeddingFieldNames = {
  dimensions: "dimensions",
  encodings: "embeddingTypes",
  normalize: "normalize",
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
export const titanEmbedV1: EmbeddingCodec = {
  name: "bedrock.titan_embed_v1",
  family: "bedrock",
  support: SUPPORT_V1,
  fieldNames: {},
  maxInputs: 1,
  parseRequest,
  writeRequest: writeRequestV1,
  parseResponse,
  writeResponse,
};

/** Version 2 lets choose length and kind of the vectors. */
export const titanEmbedV2: EmbeddingCodec = {
  ...titanEmbedV1,
  name: "bedrock.titan_embed_v2",
  support: { ...SUPPORT_V1, fields: { ...SUPPORT_V1.fields, normalize: "kept" } },
  fieldNames,
  writeRequest: writeRequestV2,
};

function parseRequest(body: JsonObject): EmbeddingRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const typesAt = childPath(ROOT, "embeddingTypes");
  const at = childPath(ROOT, "inputText");
  return {
    family: "bedrock",
    model: null,
    inputs: [{ kind: "text", text: readString(body, "inputText", ROOT), at }],
    extras,
    dimensions: readOptionalInteger(body, "dimensions", ROOT),
    normalize: readOptionalBoolean(body, "normalize", ROOT),
    encodings: readOptionalArray(body, "embeddingTypes", ROOT)?.map((type, index) =>
      toOneOf(type, ["float", "binary"], childPath(typesAt, index)),
    ),
  };
}

const readExtras = createExtrasReader("inputText dimensions normalize embeddingTypes");

function writeRequestV1(request: EmbeddingRequest, context: WriteContext): JsonObject {
  checkDimensions(request, [1536], context);
  wantedTypes(request, ["float"], context);
  if (request.normalize === true) {
    context.warn("normalize", "version 1 of Titan's embeddings doesn't normalise");
  }
  return { inputText: onlyText(request, context) };
}

function writeRequestV2(request: EmbeddingRequest, context: WriteContext): JsonObject {
  checkDimensions(request, [256, 512, 1024], context);
  const types = wantedTypes(request, ["float", "binary"], context);
  return {
    inputText: onlyText(request, context),
    dimensions: request.dimensions,
    normalize: request.normalize,
    // Floats alone come without being asked for.
    embeddingTypes: types.includes("binary") ? types : undefined,
  };
}

function onlyText(request: EmbeddingRequest, context: WriteContext): string {
  if (request.truncate === "start" || request.truncate === "end") {
    context.warn("truncate", "Titan refuses texts that are too long");
  }
  const [input, second] = request.inputs;
  if (input === undefined) {
    throw context.untranslatable(ROOT, "there is nothing to embed");
  }
  if (second !== undefined)
    throw context.untranslatable(second.at, "Titan embeds one text a record");
  return inputText(input, "Titan", context);
}

function parseResponse(body: JsonObject): EmbeddingResponse {
  const extras: Extra[] = [];
  readAnswerExtras(body, ROOT, extras);
  const byType = objectIn(body, "embeddingsByType") ?? {};
  const byTypeAt = childPath(ROOT, "embeddingsByType");
  const vectors = TYPES.filter((type) => byType[type] !== undefined && byType[type] !== null).map(
    (type) => parseVector(byType[type], type, childPath(byTypeAt, type)),
  );
  const { embedding } = body;
  if (!vectors.some(({ encoding }) => encoding === "float") && embedding !== undefined) {
    vectors.unshift(parseVector(embedding, "float", childPath(ROOT, "embedding")));
  }
  if (vectors.length === 0) {
    vectors.push(parseVector(undefined, "float", childPath(ROOT, "embedding")));
  }
  return {
    family: "bedrock",
    id: null,
    model: null,
    embeddings: [{ index: 0, vectors }],
    inputTokens: countIn(body, "inputTextTokenCount") ?? null,
    extras,
  };
}

const readAnswerExtras = createExtrasReader("embedding embeddingsByType inputTextTokenCount");

function writeResponse(response: EmbeddingResponse, context: WriteContext): JsonObject {
  const [embedding, ...others] = response.embeddings;
  for (const { index } of others) {
    context.warn(childPath(childPath(ROOT, "data"), index), "Titan gives one vector");
  }
  if (embedding === undefined) return { embedding: [], inputTextTokenCount: 0 };
  const byType = new Map<string, readonly number[]>();
  for (const vector of embedding.vectors) {
    const type = vector.encoding === "base64" ? "float" : vector.encoding;
    byType.set(type, numbersOf(vector, embedding.index));
  }
  return {
    embedding: byType.get("float"),
    embeddingsByType: Object.fromEntries(byType),
    inputTextTokenCount: response.inputTokens ?? 0,
  };
}
