// https://ai.google.dev/api/generate-content, …/embeddings, …/files and …/batch-api

import type { Reader } from "./proto-json.ts";
import {
  anything,
  bool,
  bytes,
  float,
  int32,
  int64,
  list,
  map,
  message,
  names,
  struct,
  text,
} from "./proto-json.ts";

const empty = message(() => ({}));

const blob = message(() => ({ mimeType: text, data: bytes }));

/** What a part holds: one of these. */
export const PART_DATA = [
  "text",
  "inlineData",
  "functionCall",
  "functionResponse",
  "fileData",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
] as const;

const part = message(
  () => ({
    text,
    inlineData: blob,
    fileData: message(() => ({ mimeType: text, fileUri: text })),
    functionCall: message(() => ({ id: text, name: text, args: struct })),
    functionResponse: message(() => ({
      id: text,
      name: text,
      response: struct,
      parts: list(message(() => ({ inlineData: blob }))),
      willContinue: bool,
      scheduling: names(["SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"]),
    })),
    executableCode: message(() => ({ id: text, language: text, code: text })),
    codeExecutionResult: message(() => ({ id: text, outcome: text, output: text })),
    toolCall: struct,
    toolResponse: struct,
    thought: bool,
    thoughtSignature: bytes,
    videoMetadata: message(() => ({ startOffset: text, endOffset: text, fps: float })),
    partMetadata: struct,
    mediaResolution: anything,
  }),
  { oneOf: PART_DATA },
);

const content = message(() => ({ role: text, parts: list(part) }));

const TYPES = [
  "TYPE_UNSPECIFIED",
  "STRING",
  "NUMBER",
  "INTEGER",
  "BOOLEAN",
  "ARRAY",
  "OBJECT",
  "NULL",
];

const schema: Reader = message(() => ({
  type: names(TYPES, true),
  format: text,
  title: text,
  description: text,
  nullable: bool,
  enum: list(text),
  items: schema,
  properties: map(schema),
  required: list(text),
  anyOf: list(schema),
  minItems: int64,
  maxItems: int64,
  minProperties: int64,
  maxProperties: int64,
  minLength: int64,
  maxLength: int64,
  minimum: float,
  maximum: float,
  pattern: text,
  default: anything,
  example: anything,
  propertyOrdering: list(text),
}));

const functionDeclaration = message(() => ({
  name: text,
  description: text,
  behavior: names(["UNSPECIFIED", "BLOCKING", "NON_BLOCKING"]),
  parameters: schema,
  parametersJsonSchema: anything,
  response: schema,
  responseJsonSchema: anything,
}));

const tool = message(() => ({
  functionDeclarations: list(functionDeclaration),
  googleSearch: struct,
  googleSearchRetrieval: struct,
  googleMaps: struct,
  codeExecution: empty,
  urlContext: empty,
  computerUse: struct,
  fileSearch: struct,
  mcpServers: list(struct),
}));

const toolConfig = message(() => ({
  functionCallingConfig: message(() => ({
    mode: names(["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
    allowedFunctionNames: list(text),
  })),
  retrievalConfig: struct,
  includeServerSideToolInvocations: bool,
}));

const THINKING_LEVELS = ["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"];

const generationConfig = message(() => ({
  candidateCount: int32,
  stopSequences: list(text),
  maxOutputTokens: int32,
  temperature: float,
  topP: float,
  topK: int32,
  seed: int32,
  presencePenalty: float,
  frequencyPenalty: float,
  responseLogprobs: bool,
  logprobs: int32,
  responseMimeType: text,
  responseSchema: schema,
  responseJsonSchema: anything,
  _responseJsonSchema: anything,
  responseModalities: list(names(["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"])),
  thinkingConfig: message(() => ({
    includeThoughts: bool,
    thinkingBudget: int32,
    thinkingLevel: names(THINKING_LEVELS, true),
  })),
  mediaResolution: text,
  speechConfig: struct,
  imageConfig: struct,
  enableEnhancedCivicAnswers: bool,
  enableAffectiveDialog: bool,
}));

export const generateContentRequest: Reader = message(() => ({
  model: text,
  contents: list(content),
  systemInstruction: content,
  tools: list(tool),
  toolConfig,
  safetySettings: list(message(() => ({ category: text, threshold: text }))),
  generationConfig,
  cachedContent: text,
  serviceTier: text,
  store: bool,
}));

export const countTokensRequest: Reader = message(() => ({
  contents: list(content),
  generateContentRequest,
}));

const TASK_TYPES = [
  "TASK_TYPE_UNSPECIFIED",
  "RETRIEVAL_QUERY",
  "RETRIEVAL_DOCUMENT",
  "SEMANTIC_SIMILARITY",
  "CLASSIFICATION",
  "CLUSTERING",
  "QUESTION_ANSWERING",
  "FACT_VERIFICATION",
  "CODE_RETRIEVAL_QUERY",
];

export const embedContentRequest: Reader = message(() => ({
  model: text,
  content,
  taskType: names(TASK_TYPES),
  title: text,
  outputDimensionality: int32,
}));

export const batchEmbedContentsRequest: Reader = message(() => ({
  requests: list(embedContentRequest),
}));

/** A line of an input file. */
export function inputLine(request: Reader): Reader {
  return message(() => ({ key: text, request }));
}

/** The body of a create, with the requests inline or in a file. */
export function createBatchRequest(request: Reader): Reader {
  const inlined = message(() => ({ request, metadata: struct }));
  const source = { oneOf: ["fileName", "requests"] };
  return message(() => ({
    batch: message(() => ({
      name: text,
      model: text,
      displayName: text,
      priority: int64,
      inputConfig: message(
        () => ({ fileName: text, requests: message(() => ({ requests: list(inlined) })) }),
        source,
      ),
      webhookConfig: struct,
    })),
  }));
}

export const createFileRequest: Reader = message(() => ({
  file: message(() => ({
    name: text,
    displayName: text,
    mimeType: text,
    sizeBytes: int64,
    source: names(["SOURCE_UNSPECIFIED", "UPLOADED", "GENERATED", "REGISTERED"]),
    uri: text,
    state: text,
    sha256Hash: bytes,
    createTime: text,
    updateTime: text,
    expirationTime: text,
  })),
}));
