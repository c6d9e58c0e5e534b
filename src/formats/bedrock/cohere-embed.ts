import type {
  EmbeddingFieldNames,
  EmbeddingRequest,
  EmbeddingSupport,
  EmbeddingTask,
} from "../../core/embeddings.ts";
import type { EmbeddingCodec } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { parseCohereRequest } from "./cohere-embed-request.ts";
import { parseCohereResponse, writeCohereResponse } from "./cohere-embed-response.ts";
import { writeInputs } from "./cohere-inputs.ts";
import { checkDimensions, wantedTypes } from "./embedding-request.ts";
import { TYPES } from "./vectors.ts";

const support: EmbeddingSupport = {
  fields: {
    dimensions: "partly",
    encodings: "kept",
    task: "partly",
    title: "warned",
    truncate: "kept",
    // Its vectors are of length 1 as they are.
    normalize: "partly",
    user: "warned",
  },
  inputs: { text: "kept", tokens: "refused", parts: "partly" },
};

const fieldNames: EmbeddingFieldNames = {
  encodings: "embedding_types",
  task: "input_type",
  truncate: "truncate",
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html */
export const cohereEmbedV3: EmbeddingCodec = {
  name: "bedrock.cohere_embed_v3",
  family: "bedrock",
  support,
  fieldNames,
  maxInputs: 96,
  parseRequest: parseCohereRequest,
  writeRequest: (request, context) => {
    checkDimensions(request, [1024], context);
    return writeRequest(request, context, { hasMixedInputs: false, truncates: V3_TRUNCATES });
  },
  parseResponse: parseCohereResponse,
  writeResponse: writeCohereResponse,
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html */
export const cohereEmbedV4: EmbeddingCodec = {
  ...cohereEmbedV3,
  name: "bedrock.cohere_embed_v4",
  fieldNames: { ...fieldNames, dimensions: "output_dimension" },
  writeRequest: (request, context) => {
    checkDimensions(request, [256, 512, 1024, 1536], context);
    const ways = { hasMixedInputs: true, truncates: V4_TRUNCATES };
    return { ...writeRequest(request, context, ways), output_dimension: request.dimensions };
  },
};

type Truncates = Readonly<Record<"none" | "start" | "end", string>>;

const V3_TRUNCATES: Truncates = { none: "NONE", start: "START", end: "END" };
const V4_TRUNCATES: Truncates = { none: "NONE", start: "LEFT", end: "RIGHT" };

interface CohereWays {
  readonly hasMixedInputs: boolean;
  readonly truncates: Truncates;
}

function writeRequest(
  request: EmbeddingRequest,
  context: WriteContext,
  { hasMixedInputs, truncates }: CohereWays,
): JsonObject {
  const types = wantedTypes(request, TYPES, context);
  const inputs = writeInputs(request.inputs, hasMixedInputs, context);
  if (request.normalize === false) {
    context.warn("normalize", "Cohere's vectors are always normalised");
  }
  const { truncate } = request;
  return {
    input_type:
      inputs["images"] === undefined || hasMixedInputs ? writeTask(request, context) : "image",
    ...inputs,
    truncate: truncate === undefined ? undefined : truncates[truncate],
    // Floats alone come without being asked for, and in the plainer form.
    embedding_types: types.some((type) => type !== "float") ? types : undefined,
  };
}

function writeTask({ task }: EmbeddingRequest, context: WriteContext): string {
  if (task === undefined) {
    context.warn("task", "Cohere wants one: the texts are embedded as documents to be searched");
    return "search_document";
  }
  const word = TASKS[task];
  if (!EXACT_TASKS.has(task))
    context.warn("task", `Cohere has no such task: "${word}" stands for it`);
  return word;
}

const TASKS: Readonly<Record<EmbeddingTask, string>> = {
  query: "search_query",
  document: "search_document",
  similarity: "clustering",
  classification: "classification",
  clustering: "clustering",
  question_answering: "search_query",
  fact_verification: "search_query",
  code_query: "search_query",
  image: "search_document",
};

const EXACT_TASKS: ReadonlySet<EmbeddingTask> = new Set([
  "query",
  "document",
  "classification",
  "clustering",
  "image",
]);
