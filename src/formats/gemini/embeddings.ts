import type { EmbeddingFieldNames, EmbeddingSupport } from "../../core/embeddings.ts";
import type { EmbeddingCodec } from "../../core/format.ts";
import { parseEmbeddingRequest, writeEmbeddingRequest } from "./embedding-request.ts";
import { parseEmbeddingResponse, writeEmbeddingResponse } from "./embedding-response.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: EmbeddingSupport = {
  fields: {
    dimensions: "kept",
    encodings: "partly",
    task: "partly",
    title: "kept",
    truncate: "warned",
    normalize: "warned",
    user: "warned",
  },
  inputs: { text: "kept", tokens: "refused", parts: "partly" },
};

const fieldNames: EmbeddingFieldNames = {
  dimensions: "outputDimensionality",
  task: "taskType",
  title: "title",
};

/** embedContent, which takes one content: https://ai.google.dev/api/embeddings */
export const geminiEmbeddings: EmbeddingCodec = {
  name: "gemini.embedContent",
  family: "gemini",
  support,
  fieldNames,
  maxInputs: 1,
  takesExtra: isOwnExtra,
  parseRequest: parseEmbeddingRequest,
  writeRequest: writeEmbeddingRequest,
  parseResponse: parseEmbeddingResponse,
  writeResponse: writeEmbeddingResponse,
};
