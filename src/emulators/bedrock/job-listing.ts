// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListModelInvocationJobs.html

import { invalid } from "./bedrock-error.ts";
import type { Call, Reply } from "./call.ts";
import { json, queryValue } from "./call.ts";
import { JOB_NAME } from "./job-body.ts";
import type { LiveJob } from "./job-life.ts";
import type { JobRecord } from "./job-record.ts";
import { renderJob } from "./job-record.ts";
import type { BedrockLimits } from "./limits.ts";

const STATES =
  /^(Submitted|InProgress|Completed|Failed|Stopping|Stopped|PartiallyCompleted|Expired|Validating|Scheduled)$/;

/** The newest first unless asked otherwise; what is made while a client pages doesn't move what it has yet to see. */
export async function listJobs(
  call: Call,
  jobs: readonly LiveJob[],
  limits: BedrockLimits,
): Promise<Reply> {
  for (const job of jobs) await job.checkClock();
  queryValue(call, "sortBy", /^CreationTime$/);
  const order = queryValue(call, "sortOrder", /^(Ascending|Descending)$/);
  const isAscending = order === "Ascending";
  const isWanted = filterOf(call);
  const records = jobs.map(({ record }) => record).filter(isWanted);
  const sorted = isAscending ? records : records.toReversed();
  const after = serialOf(call.query.get("nextToken"));
  const rest = sorted.filter(
    ({ serial }) => after === null || (isAscending ? serial > after : serial < after),
  );
  const page = rest.slice(0, sizeOf(call, limits));
  const last = page.at(-1);
  const isWhole = last === undefined || page.length === rest.length;
  const next = isWhole ? {} : { nextToken: tokenOf(last.serial) };
  return json({ invocationJobSummaries: page.map(renderJob), ...next });
}

function filterOf(call: Call): (job: JobRecord) => boolean {
  const state = queryValue(call, "statusEquals", STATES);
  const name = queryValue(call, "nameContains", JOB_NAME);
  const after = timeOf(call, "submitTimeAfter") ?? Number.NEGATIVE_INFINITY;
  const before = timeOf(call, "submitTimeBefore") ?? Number.POSITIVE_INFINITY;
  return (job) =>
    (state === null || job.state === state) &&
    (name === null || job.name.includes(name)) &&
    job.submittedAt > after &&
    job.submittedAt < before;
}

function timeOf(call: Call, name: string): number | null {
  const text = queryValue(call, name, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  return text === null ? null : Date.parse(text);
}

function sizeOf(call: Call, limits: BedrockLimits): number {
  const text = queryValue(call, "maxResults", /^\d{1,9}$/);
  if (text === null) return limits.jobsPerPageByDefault;
  const size = Number(text);
  if (size >= 1 && size <= limits.jobsPerPage) return size;
  throw invalid(
    `1 validation error detected: Value '${text}' at 'maxResults' failed to satisfy constraint: Member must be between 1 and ${limits.jobsPerPage}`,
  );
}

function tokenOf(serial: number): string {
  return Buffer.from(`job:${serial}`).toString("base64url");
}

function serialOf(token: string | null): number | null {
  if (token === null) return null;
  const serial = /^job:(\d+)$/.exec(Buffer.from(token, "base64url").toString("latin1"))?.[1];
  if (serial === undefined) throw invalid("The nextToken is invalid.");
  return Number(serial);
}
