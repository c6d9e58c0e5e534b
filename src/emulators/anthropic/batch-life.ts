import { closeSync, openSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Allowance, Pace } from "../pace.ts";
import { shuffled } from "../dice.ts";
import type { BatchInput } from "./batch-intake.ts";
import type { LineHost } from "./batch-lines.ts";
import { runLine, skipLine } from "./batch-lines.ts";
import type { BatchRecord, BatchState, BatchWork } from "./batch-record.ts";
import type { AnthropicLimits } from "./limits.ts";
import type { Spool } from "./spool.ts";

export interface BatchHost extends LineHost {
  readonly spool: Spool;
  readonly pace: Pace;
  readonly limits: AnthropicLimits;
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
  readonly cancel: () => void;
  /** Expires the batch, or its results, if their time is over. */
  readonly checkClock: () => Promise<void>;
  /** After the pace was closed. */
  readonly stop: () => Promise<void>;
}

const BREATH_MILLISECONDS = 10;

export function createLiveBatch(record: BatchRecord, host: BatchHost): LiveBatch {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const turn = queue.then(act);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const life: Life = { record, host };
  const advance = async () => {
    await passTime(life);
    if (record.state === "in_progress") await runLines(life, EVERYTHING);
    else if (record.state === "canceling") await endWithout(life, "canceled");
    return record.state;
  };
  const step = async (allowance: Allowance) => {
    await passTime(life);
    if (record.state === "in_progress") return runLines(life, allowance);
    await advance();
    return 0;
  };
  let following: Promise<void> = Promise.resolve();
  return {
    record,
    start: () => {
      const isOpen = () => record.state !== "ended";
      following = host.pace.follow({
        isOpen,
        step: (allowance) => inTurn(() => step(allowance)),
      });
      following.catch(() => undefined);
    },
    run: (lines) =>
      inTurn(async () => {
        await passTime(life);
        await runLines(life, { ...EVERYTHING, lines });
        return record.state;
      }),
    advance: () => inTurn(advance),
    cancel: () => {
      record.state = "canceling";
      record.cancelInitiatedAt = host.now();
    },
    checkClock: async () => {
      if (isOverdue(life) || isOutdated(life)) await inTurn(() => passTime(life));
    },
    stop: async () => {
      await following.catch(() => undefined);
      if (record.work === null) return;
      closeSync(record.work.handle);
      await record.work.results.discard();
      record.work = null;
    },
  };
}

/** Opens what the batch needs while it runs. */
export function createWork(input: BatchInput, number: number, host: BatchHost): BatchWork {
  return {
    input,
    handle: openSync(input.path, "r"),
    order: shuffled(input.offsets.length, `${host.seed}:${number}`),
    next: 0,
    results: host.spool.write(),
  };
}

interface Life {
  readonly record: BatchRecord;
  readonly host: BatchHost;
}

const EVERYTHING: Allowance = {
  lines: Number.POSITIVE_INFINITY,
  deadline: Number.POSITIVE_INFINITY,
};

function isOverdue({ record, host }: Life): boolean {
  return record.state === "in_progress" && host.now() >= record.expiresAt;
}

function isOutdated({ record, host }: Life): boolean {
  return record.results !== null && host.now() >= archiveTime(record, host);
}

function archiveTime(record: BatchRecord, host: BatchHost): number {
  return record.createdAt + host.limits.resultSeconds * 1_000;
}

async function passTime(life: Life): Promise<void> {
  if (isOverdue(life)) await endWithout(life, "expired");
  if (!isOutdated(life)) return;
  const { record, host } = life;
  const { results } = record;
  record.results = null;
  record.archivedAt = archiveTime(record, host);
  if (results !== null) await host.spool.remove(results.path);
}

async function runLines(life: Life, allowance: Allowance): Promise<number> {
  const { record, host } = life;
  const { work } = record;
  if (work === null) return 0;
  const breathe = createBreather();
  let done = 0;
  while (hasLines(work) && done < allowance.lines && record.state === "in_progress") {
    await runLine(record, host, work);
    done += 1;
    if (performance.now() > allowance.deadline) break;
    await breathe();
  }
  if (!hasLines(work)) await end(life, work);
  return done;
}

/** The requests that were not run yet are canceled or expired, and so never billed. */
async function endWithout(life: Life, type: "canceled" | "expired"): Promise<void> {
  const { work } = life.record;
  if (work === null) return;
  const breathe = createBreather();
  while (hasLines(work)) {
    await skipLine(life.record, type, work);
    await breathe();
  }
  await end(life, work);
}

async function end(life: Life, work: BatchWork): Promise<void> {
  const { record, host } = life;
  record.work = null;
  closeSync(work.handle);
  await work.results.end();
  await host.spool.remove(work.input.path);
  record.results = { path: work.results.path, bytes: work.results.bytes() };
  record.state = "ended";
  record.endedAt = host.now();
}

function hasLines(work: BatchWork): boolean {
  return work.next < work.order.length;
}

/** Lets others have their turn now and then: a hundred thousand requests must not hold up the server. */
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
