import type { EmbeddingFieldNames, EmbeddingSupport } from "../../core/embeddings.ts";
import type { EmbeddingCodec } from "../../core/format.ts";
import {
  NOT_IN_EMBEDDINGS,
  parseEmbeddingRequest,
  writeEmbeddingRequest,
} from "./embedding-request.ts";
import { parseEmbeddingResponse, writeEmbeddingResponse } from "./embedding-response.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: EmbeddingSupport = {
  fields: {
    dimensions: "kept",
    encodings: "partly",
    task: "warned",
    title: "warned",
    truncate: "partly",
    normalize: "partly",
    user: "kept",
  },
  inputs: { text: "kept", tokens: "kept", parts: "partly" },
};

const fieldNames: EmbeddingFieldNames = {
  dimensions: "dimensions",
  encodings: "encoding_format",
  user: "user",
};

/** Embeddings: https://platform.openai.com/docs/api-reference/embeddings */
export const openaiEmbeddings: EmbeddingCodec = {
  name: "openai.embeddings",
  family: "openai",
  support,
  fieldNames,
  maxInputs: 2048,
  takesExtra: (extra) => isOwnExtra(extra, NOT_IN_EMBEDDINGS),
  parseRequest: parseEmbeddingRequest,
  writeRequest: writeEmbeddingRequest,
  parseResponse: parseEmbeddingResponse,
  writeResponse: writeEmbeddingResponse,
};
