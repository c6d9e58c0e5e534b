// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html

import type { JsonObject } from "../json.ts";
import type { ModelInfo } from "./models.ts";
import type { SpoolFile } from "./spool.ts";

export type JobState =
  | "Submitted"
  | "Validating"
  | "Scheduled"
  | "InProgress"
  | "Completed"
  | "PartiallyCompleted"
  | "Failed"
  | "Stopping"
  | "Stopped"
  | "Expired";

const TERMINAL: readonly JobState[] = [
  "Completed",
  "PartiallyCompleted",
  "Failed",
  "Stopped",
  "Expired",
];

/** Where in S3 something lies; `s3://bucket/path`. */
export interface S3Place {
  readonly uri: string;
  /** Whose bucket it must be; null if the job doesn't say. */
  readonly owner: string | null;
}

/** Where each record lies in the spooled input, in its order. */
interface RecordTable {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** Which of the input's files each one came from. */
  readonly files: readonly number[];
}

/** What is at hand only between a job's validation and its end. */
export interface JobWork {
  /** All the input's files, one behind the other, and a descriptor of it. */
  readonly spooled: SpoolFile;
  readonly input: number;
  readonly table: RecordTable;
  /** Results come in an order that depends on the emulator's seed. */
  readonly order: Uint32Array;
  next: number;
  readonly outputs: readonly JobOutput[];
}

interface JobOutput {
  /** Of the output's folder, as `in.jsonl.out`. */
  readonly name: string;
  readonly file: SpoolFile;
}

/** Times are milliseconds. */
export interface JobRecord {
  readonly id: string;
  readonly serial: number;
  readonly arn: string;
  /** The body of the create. */
  readonly request: JsonObject;
  readonly name: string;
  readonly model: ModelInfo;
  readonly isConverse: boolean;
  readonly input: S3Place;
  readonly output: S3Place;
  readonly submittedAt: number;
  readonly expiresAt: number;
  readonly timeoutHours: number;
  state: JobState;
  updatedAt: number;
  endedAt: number | null;
  message: string | null;
  total: number;
  succeeded: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  work: JobWork | null;
}

export function isTerminal({ state }: JobRecord): boolean {
  return TERMINAL.includes(state);
}

const SHOWN_AS_GIVEN = [
  "clientRequestToken",
  "roleArn",
  "modelId",
  "inputDataConfig",
  "outputDataConfig",
  "vpcConfig",
];

/** What a get answers, and a list of each job. Counts are zero until the input is known. */
export function renderJob(job: JobRecord): JsonObject {
  const given = Object.entries(job.request).filter(([name]) => SHOWN_AS_GIVEN.includes(name));
  return {
    jobArn: job.arn,
    jobName: job.name,
    ...Object.fromEntries(given),
    status: job.state,
    ...(job.message === null ? {} : { message: job.message.slice(0, 2_048) }),
    submitTime: timestamp(job.submittedAt),
    lastModifiedTime: timestamp(job.updatedAt),
    ...(job.endedAt === null ? {} : { endTime: timestamp(job.endedAt) }),
    timeoutDurationInHours: job.timeoutHours,
    jobExpirationTime: timestamp(job.expiresAt),
    modelInvocationType: job.isConverse ? "Converse" : "InvokeModel",
    totalRecordCount: job.total,
    processedRecordCount: job.succeeded + job.failed,
    successRecordCount: job.succeeded,
    errorRecordCount: job.failed,
  };
}

/** `manifest.json.out` */
export function renderManifest(job: JobRecord): JsonObject {
  return {
    totalRecordCount: job.total,
    processedRecordCount: job.succeeded + job.failed,
    successRecordCount: job.succeeded,
    errorRecordCount: job.failed,
    inputTokenCount: job.inputTokens,
    outputTokenCount: job.outputTokens,
  };
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
