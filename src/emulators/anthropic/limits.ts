// https://docs.claude.com/en/docs/build-with-claude/batch-processing and …/files, …/api/overview

const MIB = 1024 * 1024;
const DAY_SECONDS = 86_400;

/** What Anthropic refuses. Every number can be overridden, so that a test of a limit needs no gigabytes. */
export interface AnthropicLimits {
  readonly batchBytes: number;
  readonly batchRequests: number;
  readonly batchWindowSeconds: number;
  /** Results are kept so long after the batch was made. */
  readonly resultSeconds: number;
  readonly messageBytes: number;
  readonly fileBytes: number;
  readonly storageBytes: number;
  readonly minExpirySeconds: number;
  readonly maxExpirySeconds: number;
  readonly fileIdsPerList: number;
  readonly itemsPerPage: number;
  readonly itemsPerPageByDefault: number;
}

export const ANTHROPIC_LIMITS: AnthropicLimits = {
  batchBytes: 256 * MIB,
  batchRequests: 100_000,
  batchWindowSeconds: DAY_SECONDS,
  resultSeconds: 29 * DAY_SECONDS,
  messageBytes: 32 * MIB,
  fileBytes: 500 * MIB,
  storageBytes: 1024 * 1024 * MIB,
  minExpirySeconds: 3_600,
  maxExpirySeconds: 90 * DAY_SECONDS,
  fileIdsPerList: 100,
  itemsPerPage: 1_000,
  itemsPerPageByDefault: 20,
};
