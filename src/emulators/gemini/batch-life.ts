import { closeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Allowance, Pace } from "../pace.ts";
import type { BatchRecord, BatchState, BatchWork } from "./batch-record.ts";
import { isTerminal } from "./batch-record.ts";
import type { RowHost } from "./batch-rows.ts";
import { runRow } from "./batch-rows.ts";
import type { FileStore } from "./file-store.ts";

export interface BatchHost extends RowHost {
  readonly pace: Pace;
  readonly store: FileStore;
  /** Milliseconds. */
  readonly now: () => number;
  /** For how many looks a batch that ends now hides its output. */
  readonly looksWithoutOutput: () => number;
}

/** A batch and the one queue through which everything that changes it goes. */
export interface LiveBatch {
  readonly record: BatchRecord;
  /** Begins the batch's own way through its states. */
  readonly start: () => void;
  readonly run: (lines: number) => Promise<BatchState>;
  readonly advance: () => Promise<BatchState>;
  readonly complete: () => Promise<BatchState>;
  /** Ends it as failed, for that reason. */
  readonly fail: (message: string) => Promise<BatchState>;
  readonly remove: () => Promise<void>;
  /** Expires the batch if its time is over. */
  readonly checkClock: () => Promise<void>;
  /** After the pace was closed. */
  readonly stop: () => Promise<void>;
}

const BREATH_MILLISECONDS = 10;
const CANCELLED = { code: 13, message: "The batch was cancelled." };
const EXPIRED = { code: 4, message: "The batch did not end within 48 hours." };
const INTERNAL = 13;

export function createLiveBatch(record: BatchRecord, host: BatchHost): LiveBatch {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const turn = queue.then(act);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const life: Life = { record, host };
  const expireIfDue = async () => {
    if (isOverdue(life)) await end(life, "EXPIRED", EXPIRED);
  };
  const step = async (allowance: Allowance) => {
    await expireIfDue();
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
        end(life, "FAILED", {
          code: INTERNAL,
          message: `The emulator itself failed: ${String(error)}`,
        }),
      );
    },
    run: (lines) =>
      inTurn(async () => {
        await expireIfDue();
        if (record.state === "PENDING") enter(life, "RUNNING");
        await runRows(life, { lines, deadline: Number.POSITIVE_INFINITY });
        return record.state;
      }),
    advance: () => inTurn(advance),
    complete: () =>
      inTurn(async () => {
        while (!isTerminal(record)) await advance();
        return record.state;
      }),
    fail: (message) =>
      inTurn(async () => {
        if (!isTerminal(record)) await end(life, "FAILED", { code: INTERNAL, message });
        return record.state;
      }),
    remove: () => inTurn(() => remove(life)),
    checkClock: async () => {
      if (isOverdue(life)) await inTurn(expireIfDue);
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
}

const WITHOUT_LIMIT: Allowance = {
  lines: Number.POSITIVE_INFINITY,
  deadline: Number.POSITIVE_INFINITY,
};

function isOverdue({ record, host }: Life): boolean {
  return !isTerminal(record) && host.now() >= record.expiresAt;
}

function enter({ record, host }: Life, state: BatchState): void {
  record.state = state;
  record.updatedAt = host.now();
}

async function advanceState(life: Life, allowance: Allowance): Promise<number> {
  const { record } = life;
  if (isTerminal(record)) return 0;
  if (record.isCancelling) {
    await end(life, "CANCELLED", CANCELLED);
    return 0;
  }
  if (record.state === "PENDING") {
    enter(life, "RUNNING");
    return 0;
  }
  const done = await runRows(life, allowance);
  if (record.work !== null && !hasRows(record.work)) await succeed(life, record.work);
  return done;
}

async function runRows({ record, host }: Life, allowance: Allowance): Promise<number> {
  const { work } = record;
  if (work === null || record.state !== "RUNNING") return 0;
  let since = performance.now();
  let done = 0;
  while (hasRows(work) && done < allowance.lines && !record.isCancelling) {
    await runRow(record, work, host);
    done += 1;
    if (performance.now() > allowance.deadline) break;
    if (performance.now() - since < BREATH_MILLISECONDS) continue;
    // Others have their turn now and then: many lines must not hold up the server.
    await setImmediate();
    since = performance.now();
  }
  if (done > 0) record.updatedAt = host.now();
  return done;
}

function hasRows(work: BatchWork): boolean {
  return work.next < work.table.offsets.length;
}

/** A batch that ended before all its lines were run has no output at all. */
async function end(
  life: Life,
  state: BatchState,
  error: NonNullable<BatchRecord["error"]>,
): Promise<void> {
  await dropWork(life.record);
  life.record.error = error;
  life.record.endedAt = life.host.now();
  enter(life, state);
}

async function dropWork(record: BatchRecord): Promise<void> {
  const { work } = record;
  if (work === null) return;
  record.work = null;
  closeSync(work.input);
  await work.output.discard();
}

async function succeed(life: Life, work: BatchWork): Promise<void> {
  const { record, host } = life;
  if (record.isDeleted) {
    await dropWork(record);
  } else {
    record.work = null;
    closeSync(work.input);
    await work.output.end();
    const { path } = work.output;
    record.output =
      record.inputFile === null ? { kind: "inline", path } : keepOutput(record, work, host);
    record.looksWithoutOutput = host.looksWithoutOutput();
  }
  record.endedAt = host.now();
  enter(life, "SUCCEEDED");
}

function keepOutput(record: BatchRecord, work: BatchWork, host: BatchHost) {
  const { output } = work;
  const id = `batch-${record.id}`;
  host.store.add({
    id,
    project: record.project,
    source: "GENERATED",
    displayName: null,
    mimeType: "application/jsonl",
    bytes: output.bytes(),
    sha256: output.sha256(),
    path: output.path,
  });
  return { kind: "file", name: `files/${id}` } as const;
}

/** The results go with the batch. A batch that still runs goes on unseen. */
async function remove({ record, host }: Life): Promise<void> {
  record.isDeleted = true;
  const file = host.store.find(record.project, `batch-${record.id}`);
  if (file !== null) await host.store.remove(file);
}
