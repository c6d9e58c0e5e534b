import { closeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Allowance, Pace } from "../pace.ts";
import type { InputHost } from "./job-input.ts";
import { asFolder, InputProblem, openWork, splitUri } from "./job-input.ts";
import type { LineHost } from "./job-lines.ts";
import { runRecord } from "./job-lines.ts";
import type { JobRecord, JobState, JobWork } from "./job-record.ts";
import { isTerminal, renderManifest } from "./job-record.ts";

export interface JobHost extends InputHost, LineHost {
  readonly pace: Pace;
  /** Milliseconds. */
  readonly now: () => number;
}

/** How a job may end before all of its records were run. */
export type EarlyEnd = "PartiallyCompleted" | "Expired" | "Failed";

/** A job and the one queue through which everything that changes it goes. */
export interface LiveJob {
  readonly record: JobRecord;
  /** Begins the job's own way through its states. */
  readonly start: () => void;
  readonly run: (records: number) => Promise<JobState>;
  readonly advance: () => Promise<JobState>;
  readonly complete: () => Promise<JobState>;
  readonly endAs: (state: EarlyEnd, message: string) => Promise<JobState>;
  /** It has stopped at its next step. */
  readonly requestStop: () => void;
  /** Ends the job if its time is over. */
  readonly checkClock: () => Promise<void>;
  /** After the pace was closed. */
  readonly close: () => Promise<void>;
}

const BREATH_MILLISECONDS = 10;

export function createLiveJob(record: JobRecord, host: JobHost): LiveJob {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const turn = queue.then(act);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const life: Life = { record, host };
  const step = async (allowance: Allowance) => {
    await expireIfDue(life);
    return advanceState(life, allowance);
  };
  const advance = async () => {
    await step(WITHOUT_LIMIT);
    return record.state;
  };
  let following: Promise<void> = Promise.resolve();
  return {
    record,
    start: () => {
      const isOpen = () => !isTerminal(record);
      const own = host.pace.follow({ isOpen, step: (allowance) => inTurn(() => step(allowance)) });
      following = own.catch((error: unknown) =>
        end(life, "Failed", `The emulator itself failed: ${String(error)}`),
      );
    },
    run: (records) =>
      inTurn(async () => {
        await expireIfDue(life);
        while (BEFORE_RECORDS.includes(record.state)) await advance();
        await runRecords(life, { lines: records, deadline: Number.POSITIVE_INFINITY });
        return record.state;
      }),
    advance: () => inTurn(advance),
    complete: () =>
      inTurn(async () => {
        while (!isTerminal(record)) await advance();
        return record.state;
      }),
    endAs: (state, message) =>
      inTurn(async () => {
        if (!isTerminal(record)) await end(life, state, message);
        return record.state;
      }),
    requestStop: () => enter(life, "Stopping"),
    checkClock: async () => {
      if (isOverdue(life)) await inTurn(() => expireIfDue(life));
    },
    close: async () => {
      await following;
      await dropWork(life);
    },
  };
}

interface Life {
  readonly record: JobRecord;
  readonly host: JobHost;
}

const WITHOUT_LIMIT: Allowance = {
  lines: Number.POSITIVE_INFINITY,
  deadline: Number.POSITIVE_INFINITY,
};

const BEFORE_RECORDS: readonly JobState[] = ["Submitted", "Validating", "Scheduled"];

function isOverdue({ record, host }: Life): boolean {
  return !isTerminal(record) && host.now() >= record.expiresAt;
}

/** A job that had begun keeps what it has; one that hadn't has expired. */
async function expireIfDue(life: Life): Promise<void> {
  if (!isOverdue(life) || life.record.state === "Stopping") return;
  const hours = life.record.timeoutHours;
  if (life.record.state === "InProgress") {
    const message = `Not all records could be processed within ${hours} hours.`;
    await end(life, "PartiallyCompleted", message);
    return;
  }
  await end(life, "Expired", `The job did not begin within ${hours} hours.`);
}

function enter({ record, host }: Life, state: JobState): void {
  record.state = state;
  record.updatedAt = host.now();
}

async function advanceState(life: Life, allowance: Allowance): Promise<number> {
  const { record } = life;
  switch (record.state) {
    case "Submitted":
      enter(life, "Validating");
      return 0;
    case "Validating":
      await validate(life);
      return 0;
    case "Scheduled":
      enter(life, "InProgress");
      return 0;
    case "InProgress": {
      const done = await runRecords(life, allowance);
      const isDone = record.work !== null && !hasRecords(record.work);
      if (isDone && !isStopping(record)) await end(life, "Completed", null);
      return done;
    }
    case "Stopping":
      await end(life, "Stopped", null);
      return 0;
    case "Completed":
    case "PartiallyCompleted":
    case "Failed":
    case "Stopped":
    case "Expired":
      return 0;
  }
}

/** A client may stop a job while something of it is awaited. */
function isStopping({ state }: JobRecord): boolean {
  return state === "Stopping";
}

async function validate(life: Life): Promise<void> {
  const { record, host } = life;
  try {
    const work = await openWork(record, host);
    record.work = work;
    record.total = work.order.length;
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    if (!isStopping(record)) await end(life, "Failed", error.message);
    return;
  }
  if (!isStopping(record)) enter(life, "Scheduled");
}

async function runRecords(life: Life, allowance: Allowance): Promise<number> {
  const { record, host } = life;
  const { work } = record;
  if (work === null || record.state !== "InProgress") return 0;
  let since = performance.now();
  let done = 0;
  while (hasRecords(work) && done < allowance.lines && !isStopping(record)) {
    await runRecord(record, work, host);
    done += 1;
    if (performance.now() > allowance.deadline) break;
    if (performance.now() - since < BREATH_MILLISECONDS) continue;
    // Others have their turn now and then: many records must not hold up the server.
    await setImmediate();
    since = performance.now();
  }
  if (done > 0) record.updatedAt = host.now();
  return done;
}

function hasRecords({ next, order }: JobWork): boolean {
  return next < order.length;
}

/** The output appears in S3 with the end state, and holds the records that were run until then. */
async function end(life: Life, state: JobState, message: string | null): Promise<void> {
  const { record, host } = life;
  const problem = await writeOutput(life);
  await dropWork(life);
  record.endedAt = host.now();
  record.message = problem ?? message;
  enter(life, problem === null ? state : "Failed");
}

/** What went wrong, if something did. */
async function writeOutput({ record, host }: Life): Promise<string | null> {
  const { work } = record;
  if (work === null || work.next === 0) return null;
  const { bucket, key } = splitUri(record.output.uri);
  const folder = `${asFolder(key)}${record.id}/`;
  try {
    for (const { name, file } of work.outputs) {
      await file.end();
      await host.store.write(bucket, folder + name, {
        bytes: file.bytes(),
        chunks: file.read,
        contentType: "binary/octet-stream",
      });
    }
    const manifest = Buffer.from(JSON.stringify(renderManifest(record)));
    await host.store.write(bucket, `${folder}manifest.json.out`, {
      bytes: manifest.length,
      chunks: async function* chunks() {
        yield manifest;
      },
      contentType: "binary/octet-stream",
    });
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `The output could not be written to ${record.output.uri}: ${reason}`;
  }
}

async function dropWork({ record }: Life): Promise<void> {
  const { work } = record;
  if (work === null) return;
  record.work = null;
  closeSync(work.input);
  await work.spooled.discard();
  for (const { file } of work.outputs) await file.discard();
}
