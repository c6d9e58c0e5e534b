import { closeSync, openSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Allowance, Pace } from "../pace.ts";
import { shuffled } from "../dice.ts";
import type { LineHost } from "./batch-lines.ts";
import { runLine, skipLine } from "./batch-lines.ts";
import type { BatchRecord, BatchState, BatchWork } from "./batch-record.ts";
import { isTerminal } from "./batch-record.ts";
import type { Validation, ValidInput } from "./batch-validation.ts";
import { invalid, validateInput } from "./batch-validation.ts";
import type { DiskWriter } from "../disk-writer.ts";
import type { OpenAILimits } from "./limits.ts";
import type { ModelTable } from "./models.ts";
import { newId } from "./new-id.ts";

export interface BatchHost extends LineHost {
  readonly pace: Pace;
  readonly models: ModelTable;
  readonly limits: OpenAILimits;
  /** Milliseconds. */
  readonly now: () => number;
  /** Results come in an order that depends on this and the batch's number. */
  readonly seed: number;
}

/** A batch and the one queue through which everything that changes it goes. */
export interface LiveBatch {
  readonly record: BatchRecord;
  /** Begins the batch's own way through its states. */
  readonly start: () => void;
  readonly run: (lines: number) => Promise<BatchState>;
  readonly advance: () => Promise<BatchState>;
  readonly complete: () => Promise<BatchState>;
  readonly cancel: () => void;
  /** Expires the batch if its time is over. */
  readonly checkClock: () => Promise<void>;
  /** After the pace was closed. */
  readonly stop: () => Promise<void>;
}

const BREATH_MILLISECONDS = 10;

const CANCELLED = {
  code: "batch_cancelled",
  message: "This request was not executed because the batch was cancelled.",
};
const EXPIRED = {
  code: "batch_expired",
  message: "This request could not be executed before the completion window expired.",
};

/** How many tokens of a model wait in unfinished batches. */
export type Enqueued = (model: string) => number;

export function createLiveBatch(
  record: BatchRecord,
  place: { readonly number: number; readonly enqueued: Enqueued },
  host: BatchHost,
): LiveBatch {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const turn = queue.then(act);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const life: Life = { record, host, ...place };
  const isOverdue = () => {
    const mayExpire = record.state === "validating" || record.state === "in_progress";
    return mayExpire && host.now() / 1_000 >= record.expiresAt;
  };
  const expireIfDue = async () => {
    if (isOverdue()) await expire(life);
  };
  const advance = async () => {
    await expireIfDue();
    await advanceState(life);
    return record.state;
  };
  const step = async (allowance: Allowance) => {
    await expireIfDue();
    if (record.state !== "in_progress") {
      await advanceState(life);
      return 0;
    }
    return runLines(life, allowance);
  };
  let following: Promise<void> = Promise.resolve();
  return {
    record,
    start: () => {
      const isOpen = () => !isTerminal(record);
      const own = host.pace.follow({ isOpen, step: (allowance) => inTurn(() => step(allowance)) });
      following = own.catch((error: unknown) => breakDown(life, error));
    },
    run: (lines) =>
      inTurn(async () => {
        if (record.state === "validating") await advance();
        if (record.state === "in_progress") {
          await runLines(life, { lines, deadline: Number.POSITIVE_INFINITY });
        }
        return record.state;
      }),
    advance: () => inTurn(advance),
    complete: () =>
      inTurn(async () => {
        while (!isTerminal(record)) await advance();
        return record.state;
      }),
    cancel: () => enter(life, "cancelling"),
    checkClock: async () => {
      if (isOverdue()) await inTurn(expireIfDue);
    },
    stop: async () => {
      await following;
      await dropWork(record);
    },
  };
}

interface Life {
  readonly record: BatchRecord;
  readonly host: BatchHost;
  readonly number: number;
  readonly enqueued: Enqueued;
}

/** A fault of the emulator's own ends the batch, and says so. */
function breakDown(life: Life, error: unknown): void {
  const message = `The emulator itself failed: ${String(error)}`;
  life.record.problem = { code: "server_error", message, param: null, line: null };
  enter(life, "failed");
}

async function dropWork(record: BatchRecord): Promise<void> {
  const { work } = record;
  if (work === null) return;
  record.work = null;
  closeSync(work.input);
  await work.output?.discard();
  await work.errors?.discard();
}

function enter(life: Life, state: BatchState): void {
  life.record.state = state;
  life.record.began[state] = Math.floor(life.host.now() / 1_000);
}

async function advanceState(life: Life): Promise<void> {
  switch (life.record.state) {
    case "validating":
      await validate(life);
      return;
    case "in_progress":
      await runLines(life, {
        lines: Number.POSITIVE_INFINITY,
        deadline: Number.POSITIVE_INFINITY,
      });
      return;
    case "finalizing":
      await close(life, "completed");
      return;
    case "cancelling":
      await skipRest(life, CANCELLED);
      await close(life, "cancelled");
      return;
    case "failed":
    case "completed":
    case "expired":
    case "cancelled":
  }
}

async function validate(life: Life): Promise<void> {
  const { record, host } = life;
  const validation = await examine(life);
  // It may have been cancelled meanwhile.
  if (record.state !== "validating") return;
  if (validation.kind === "invalid") {
    record.problem = validation.problem;
    enter(life, "failed");
    return;
  }
  const input = host.store.find(record.project, record.inputFileId);
  if (input === null) return;
  const { table, model } = validation;
  record.model = model === "" ? null : model;
  record.total = table.offsets.length;
  const order = shuffled(record.total, `${host.seed}:${life.number}`);
  // An open file stays readable even if the client deletes it while the batch runs.
  record.work = {
    input: openSync(input.path, "r"),
    table,
    order,
    next: 0,
    output: null,
    errors: null,
  };
  enter(life, "in_progress");
}

async function examine(life: Life): Promise<Validation> {
  const { record, host } = life;
  const file = host.store.find(record.project, record.inputFileId);
  if (file === null || file.purpose !== "batch") {
    const problem =
      file === null ? "was not found" : `has the purpose '${file.purpose}', not 'batch'`;
    const message = `The input file '${record.inputFileId}' ${problem}.`;
    return invalid("invalid_request", message, { param: "file_id" });
  }
  const { path, bytes } = file;
  const { models, limits } = host;
  const { endpoint } = record;
  const validation = await validateInput({ path, bytes, endpoint, models, limits });
  return validation.kind === "valid" ? checkQuota(validation, life) : validation;
}

function checkQuota(valid: ValidInput, life: Life): Validation {
  const most = life.host.limits.enqueuedTokens;
  if (life.enqueued(valid.model) + valid.tokens <= most) {
    life.record.enqueuedTokens = valid.tokens;
    return valid;
  }
  return invalid(
    "token_limit_exceeded",
    `Enqueued token limit reached for ${valid.model} in organization org-emulator. Limit: ${most} enqueued tokens. Please try again once some in_progress batches have been completed.`,
  );
}

async function runLines(life: Life, allowance: Allowance): Promise<number> {
  const { record, host } = life;
  const { work } = record;
  if (work === null) return 0;
  const breathe = createBreather();
  let done = 0;
  while (hasLines(work) && done < allowance.lines && record.state === "in_progress") {
    await runLine(record, work, host);
    done += 1;
    if (performance.now() > allowance.deadline) break;
    await breathe();
  }
  if (!hasLines(work) && record.state === "in_progress") enter(life, "finalizing");
  return done;
}

/** Lets others have their turn now and then: fifty thousand lines must not hold up the server. */
function createBreather(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < BREATH_MILLISECONDS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
      return undefined;
    });
  };
}

function hasLines(work: BatchWork): boolean {
  return work.next < work.order.length;
}

async function skipRest(life: Life, error: typeof CANCELLED): Promise<void> {
  const { work } = life.record;
  if (work === null) return;
  const breathe = createBreather();
  while (hasLines(work)) {
    await skipLine(work, life.host, error);
    await breathe();
  }
}

async function expire(life: Life): Promise<void> {
  await skipRest(life, EXPIRED);
  await close(life, "expired");
}

/** The files appear with the end state, and only those that hold something. */
async function close(life: Life, state: BatchState): Promise<void> {
  const { record } = life;
  const { work } = record;
  if (work !== null) {
    closeSync(work.input);
    const output = await keep(work.output, "output", life);
    const errors = await keep(work.errors, "error", life);
    record.outputFileId = output;
    record.errorFileId = errors;
    record.work = null;
  }
  enter(life, state);
}

async function keep(
  writer: DiskWriter | null,
  role: "output" | "error",
  life: Life,
): Promise<string | null> {
  if (writer === null) return null;
  await writer.end();
  const { record, host } = life;
  const createdAt = Math.floor(host.now() / 1_000);
  const id = newId("file-", 22);
  host.store.add({
    id,
    project: record.project,
    bytes: writer.bytes(),
    createdAt,
    expiresAt: createdAt + record.outputSeconds,
    filename: `${record.id}_${role}.jsonl`,
    purpose: "batch_output",
    path: writer.path,
  });
  return id;
}
