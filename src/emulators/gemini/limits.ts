// https://ai.google.dev/gemini-api/docs/batch-api and …/files

const MIB = 1024 * 1024;

/** What Gemini refuses. Every number can be overridden, so that a test of a limit needs no gigabytes. */
export interface GeminiLimits {
  readonly fileBytes: number;
  readonly fileSeconds: number;
  readonly fileIdCharacters: number;
  readonly displayNameCharacters: number;
  /** Chunks but the last of a resumable upload are multiples of it. */
  readonly chunkBytes: number;
  readonly batchInputBytes: number;
  /** A request with inline lines must be smaller; every other request with JSON too. */
  readonly jsonBodyBytes: number;
  /** A batch that hasn't ended by then expires. */
  readonly batchSeconds: number;
  readonly concurrentBatches: number;
  readonly filesPerPage: number;
  readonly filesPerPageByDefault: number;
  readonly batchesPerPage: number;
  readonly batchesPerPageByDefault: number;
  readonly modelsPerPage: number;
  readonly modelsPerPageByDefault: number;
  readonly embeddingsPerCall: number;
}

export const GEMINI_LIMITS: GeminiLimits = {
  fileBytes: 2_147_483_648,
  fileSeconds: 48 * 3_600,
  fileIdCharacters: 40,
  displayNameCharacters: 512,
  chunkBytes: 256 * 1024,
  batchInputBytes: 2_147_483_648,
  jsonBodyBytes: 20 * MIB,
  batchSeconds: 48 * 3_600,
  concurrentBatches: 100,
  filesPerPage: 100,
  filesPerPageByDefault: 10,
  batchesPerPage: 100,
  batchesPerPageByDefault: 50,
  modelsPerPage: 1_000,
  modelsPerPageByDefault: 50,
  embeddingsPerCall: 100,
};
