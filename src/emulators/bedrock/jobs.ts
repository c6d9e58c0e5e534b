// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html

import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../json.ts";
import { isJsonObject, numberOf, shown } from "../json.ts";
import { BedrockError, invalid } from "./bedrock-error.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, parseBody } from "./call.ts";
import { CREATE_JOB } from "./job-body.ts";
import type { JobHost, LiveJob } from "./job-life.ts";
import { createLiveJob } from "./job-life.ts";
import { listJobs } from "./job-listing.ts";
import type { JobRecord, S3Place } from "./job-record.ts";
import { isTerminal, renderJob } from "./job-record.ts";
import type { ModelInfo, ModelTable } from "./models.ts";
import { isEmbedding } from "./models.ts";
import { newId } from "./new-id.ts";
import { check, frontWording } from "./wordings.ts";

export interface JobBook {
  readonly routes: readonly Route[];
  /** The oldest first. */
  readonly all: () => readonly LiveJob[];
  /** By its id or ARN. Throws where there is no such job. */
  readonly get: (identifier: string) => LiveJob;
}

export interface BookHost extends JobHost {
  readonly models: ModelTable;
  readonly region: string;
  /** ARNs of the roles that Bedrock can take on. */
  readonly roles: readonly string[];
}

const ID_CHARACTERS = 12;
const IDENTIFIER =
  /^(?:arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job\/)?[a-z0-9]{12}$/;

export function createJobBook(host: BookHost): JobBook {
  const jobs: LiveJob[] = [];
  const lookUp = (identifier: string) =>
    jobs.find(({ record }) => record.id === identifier || record.arn === identifier);
  const find = (call: Call): LiveJob => {
    const identifier = call.ids[0] ?? "";
    if (!IDENTIFIER.test(identifier)) throw malformed(identifier);
    const job = lookUp(identifier);
    if (job !== undefined) return job;
    throw new BedrockError(
      "ResourceNotFoundException",
      `Could not find the model invocation job ${identifier}.`,
    );
  };
  const create = (call: Call): Reply => {
    const body = parseBody(call);
    check(CREATE_JOB, body, frontWording);
    const made = findRepeated(body, jobs);
    if (made !== null) return json({ jobArn: made.record.arn });
    const record = makeRecord(body, jobs, host);
    const job = createLiveJob(record, host);
    jobs.push(job);
    job.start();
    return json({ jobArn: record.arn });
  };
  return {
    routes: [
      { method: "POST", pattern: /^\/model-invocation-job$/, answer: create },
      {
        method: "GET",
        pattern: /^\/model-invocation-jobs$/,
        answer: (call) => listJobs(call, jobs, host.limits),
      },
      {
        method: "GET",
        pattern: /^\/model-invocation-job\/([^/]+)$/,
        answer: (call) => showJob(find(call)),
      },
      {
        method: "POST",
        pattern: /^\/model-invocation-job\/([^/]+)\/stop$/,
        answer: (call) => stopJob(find(call)),
      },
    ],
    all: () => jobs,
    get: (identifier) => {
      const job = lookUp(identifier);
      if (job === undefined) throw new Error(`there is no job '${identifier}'`);
      return job;
    },
  };
}

function malformed(identifier: string): BedrockError {
  return invalid(
    `1 validation error detected: Value '${identifier}' at 'jobIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ${IDENTIFIER.source}`,
  );
}

/** The same token again means the same call again, and makes no second job. */
function findRepeated(body: JsonObject, jobs: readonly LiveJob[]): LiveJob | null {
  const { clientRequestToken: token } = body;
  const made = jobs.find(({ record }) => record.request["clientRequestToken"] === token);
  if (token === undefined || made === undefined) return null;
  if (isDeepStrictEqual(made.record.request, body)) return made;
  throw new BedrockError(
    "ConflictException",
    `The clientRequestToken ${shown(token)} was used before with other parameters.`,
  );
}

function makeRecord(body: JsonObject, jobs: readonly LiveJob[], host: BookHost): JobRecord {
  const name = shown(body["jobName"]);
  if (jobs.some(({ record }) => record.name === name)) {
    throw new BedrockError(
      "ConflictException",
      `A model invocation job with the name ${name} exists already. Provide a unique job name.`,
    );
  }
  const role = shown(body["roleArn"]);
  if (!host.roles.includes(role)) {
    throw invalid(
      `Bedrock could not assume the role ${role}. Ensure that the role exists and that its trust policy allows bedrock.amazonaws.com to assume it.`,
    );
  }
  const model = host.models.require(shown(body["modelId"]));
  const isConverse = body["modelInvocationType"] === "Converse";
  if (isConverse && isEmbedding(model)) {
    throw invalid(
      "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    );
  }
  checkQuota(model, jobs, host);
  const id = newId(ID_CHARACTERS);
  const submittedAt = host.now();
  const timeoutHours = numberOf(body["timeoutDurationInHours"], host.limits.timeoutHours);
  return {
    id,
    serial: jobs.length + 1,
    arn: `arn:aws:bedrock:${host.region}:${host.account}:model-invocation-job/${id}`,
    request: body,
    name,
    model,
    isConverse,
    input: placeIn(body["inputDataConfig"], "s3InputDataConfig"),
    output: placeIn(body["outputDataConfig"], "s3OutputDataConfig"),
    submittedAt,
    expiresAt: submittedAt + timeoutHours * 3_600_000,
    timeoutHours,
    state: "Submitted",
    updatedAt: submittedAt,
    endedAt: null,
    message: null,
    total: 0,
    succeeded: 0,
    failed: 0,
    inputTokens: 0,
    outputTokens: 0,
    work: null,
  };
}

function placeIn(config: Json | undefined, name: string): S3Place {
  const place = isJsonObject(config) ? config[name] : undefined;
  const { s3Uri, s3BucketOwner } = isJsonObject(place) ? place : {};
  return {
    uri: shown(s3Uri),
    owner: typeof s3BucketOwner === "string" ? s3BucketOwner : null,
  };
}

function checkQuota(model: ModelInfo, jobs: readonly LiveJob[], { limits }: BookHost): void {
  const open = jobs.filter(({ record }) => record.model.id === model.id && !isTerminal(record));
  if (open.length < limits.concurrentJobs) return;
  throw new BedrockError(
    "ServiceQuotaExceededException",
    `At most ${limits.concurrentJobs} batch inference jobs of ${model.id} may be submitted or in progress at a time.`,
  );
}

async function showJob(job: LiveJob): Promise<Reply> {
  await job.checkClock();
  return json(renderJob(job.record));
}

async function stopJob(job: LiveJob): Promise<Reply> {
  await job.checkClock();
  const { record } = job;
  if (isTerminal(record)) {
    throw new BedrockError(
      "ConflictException",
      `The model invocation job ${record.arn} has ended as ${record.state} and can't be stopped.`,
    );
  }
  job.requestStop();
  return json({});
}
