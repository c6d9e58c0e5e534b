// https://docs.aws.amazon.com/general/latest/gr/bedrock.html#limits_bedrock, batch inference

/** What Bedrock refuses. Every number can be overridden: at AWS too the most of them are adjustable. */
export interface BedrockLimits {
  readonly recordsPerJobAtLeast: number;
  readonly recordsPerJob: number;
  readonly inputFileBytes: number;
  readonly jobBytes: number;
  /** Of one model, submitted and running ones together. */
  readonly concurrentJobs: number;
  /** Of a job that names no timeout. */
  readonly timeoutHours: number;
  readonly jobsPerPage: number;
  readonly jobsPerPageByDefault: number;
  /** Of a call of the runtime. */
  readonly bodyBytes: number;
}

const GIB = 1024 ** 3;

export const BEDROCK_LIMITS: BedrockLimits = {
  recordsPerJobAtLeast: 100,
  recordsPerJob: 50_000,
  inputFileBytes: GIB,
  jobBytes: 5 * GIB,
  concurrentJobs: 20,
  timeoutHours: 24,
  jobsPerPage: 1_000,
  jobsPerPageByDefault: 100,
  bodyBytes: 25_000_000,
};
