// https://platform.openai.com/docs/api-reference/files and …/batch, …/uploads

const MIB = 1024 * 1024;

/** What OpenAI refuses. Every number can be overridden, so that a test of a limit needs no gigabytes. */
export interface OpenAILimits {
  readonly fileBytes: number;
  readonly batchInputBytes: number;
  readonly batchLines: number;
  readonly batchEmbeddingInputs: number;
  readonly batchWindowSeconds: number;
  /** Tokens of one model in unfinished batches; none by default, since it differs by account. */
  readonly enqueuedTokens: number;
  readonly batchFileSeconds: number;
  readonly minExpirySeconds: number;
  readonly maxExpirySeconds: number;
  readonly uploadBytes: number;
  readonly uploadPartBytes: number;
  readonly uploadSeconds: number;
  readonly metadataPairs: number;
  readonly metadataKeyCharacters: number;
  readonly metadataValueCharacters: number;
  readonly filesPerPage: number;
  readonly batchesPerPage: number;
  readonly batchesPerPageByDefault: number;
  readonly jsonBodyBytes: number;
}

export const OPENAI_LIMITS: OpenAILimits = {
  fileBytes: 512 * MIB,
  batchInputBytes: 200 * MIB,
  batchLines: 50_000,
  batchEmbeddingInputs: 50_000,
  batchWindowSeconds: 86_400,
  enqueuedTokens: Number.POSITIVE_INFINITY,
  batchFileSeconds: 30 * 86_400,
  minExpirySeconds: 3_600,
  maxExpirySeconds: 30 * 86_400,
  uploadBytes: 8 * 1024 * MIB,
  uploadPartBytes: 64 * MIB,
  uploadSeconds: 3_600,
  metadataPairs: 16,
  metadataKeyCharacters: 64,
  metadataValueCharacters: 512,
  filesPerPage: 10_000,
  batchesPerPage: 100,
  batchesPerPageByDefault: 20,
  jsonBodyBytes: 64 * MIB,
};
