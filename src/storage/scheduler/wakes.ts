import { type Kysely, sql } from "kysely";
import type { Schema } from "../database/schema.ts";

/** How a handler ended: well, or to be run again: because it threw, or because the scheduler stopped under it. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly at: number; readonly failures: number };

export interface Claim {
  readonly key: string;
  /** How often in a row the handler threw before. */
  readonly failures: number;
}

type Executor = Kysely<Schema>;

export interface SavedWake {
  readonly dueAt: number;
  /** Whether its key is being handled, or was when its process died. */
  readonly claimed: boolean;
}

/** Null if an earlier wake waits: then this one changes nothing. */
export async function saveWake(
  executor: Executor,
  key: string,
  at: number,
): Promise<SavedWake | null> {
  if (!Number.isFinite(at)) throw new RangeError(`${key} can't be woken at ${at}`);
  const due_at = Math.ceil(at);
  const row = await executor
    .insertInto("wakes")
    .values({ key, due_at, claimed_at: null, failures: 0 })
    .onConflict((conflict) =>
      conflict
        .column("key")
        .doUpdateSet({ due_at })
        .where((where) =>
          where.or([where("wakes.due_at", "is", null), where("wakes.due_at", ">", due_at)]),
        ),
    )
    .returning("claimed_at")
    .executeTakeFirst();
  return row === undefined ? null : { dueAt: due_at, claimed: row.claimed_at !== null };
}

/** Takes up to `limit` due wakes that nobody handles, the oldest first. */
export function claimDue(
  executor: Executor,
  now: number,
  limit: number,
): Promise<readonly Claim[]> {
  return executor
    .updateTable("wakes")
    .set({ due_at: null, claimed_at: now })
    .where("key", "in", (from) =>
      from
        .selectFrom("wakes")
        .select("key")
        .where("claimed_at", "is", null)
        .where("due_at", "<=", now)
        .orderBy("due_at")
        .limit(limit),
    )
    .returning(["key", "failures"])
    .execute();
}

/**
 * Takes a key whether it is due or not: after a crash it is handled again. A wake that waits for later than `through`
 * keeps waiting, for its time hasn't come.
 */
export function claimKey(
  executor: Executor,
  key: string,
  { now, through }: { readonly now: number; readonly through: number },
): Promise<Claim> {
  return executor
    .insertInto("wakes")
    .values({ key, due_at: null, claimed_at: now, failures: 0 })
    .onConflict((conflict) =>
      conflict.column("key").doUpdateSet({
        claimed_at: now,
        due_at: sql`case when wakes.due_at <= ${through} then null else wakes.due_at end`,
      }),
    )
    .returning(["key", "failures"])
    .executeTakeFirstOrThrow();
}

/** Ends a claim. Returns when the key is to be handled again, or null if nothing waits. */
export async function settle(
  executor: Executor,
  key: string,
  outcome: Outcome,
): Promise<number | null> {
  if (outcome.kind === "done") {
    const gone = await executor
      .deleteFrom("wakes")
      .where("key", "=", key)
      .where("due_at", "is", null)
      .returning("key")
      .executeTakeFirst();
    if (gone !== undefined) return null;
  }
  const ended = executor.updateTable("wakes").set({ claimed_at: null }).where("key", "=", key);
  const row = await (
    outcome.kind === "done"
      ? ended.set({ failures: 0 })
      : ended.set({
          failures: outcome.failures,
          due_at: sql`case when due_at < ${outcome.at} then due_at else ${outcome.at} end`,
        })
  )
    .returning("due_at")
    .executeTakeFirst();
  return row?.due_at ?? null;
}

/** Keys that were being handled when their process died. */
export async function interruptedKeys(executor: Executor): Promise<readonly string[]> {
  const rows = await executor
    .selectFrom("wakes")
    .select("key")
    .where("claimed_at", "is not", null)
    .execute();
  return rows.map((row) => row.key);
}

/** When the next wake after `after` is due that nobody handles; null if none waits. */
export async function dueAfter(executor: Executor, after: number): Promise<number | null> {
  const row = await executor
    .selectFrom("wakes")
    .select((from) => from.fn.min("due_at").as("due_at"))
    .where("claimed_at", "is", null)
    .where("due_at", ">", after)
    .executeTakeFirst();
  return row?.due_at ?? null;
}

/** How late the oldest wake is that is due and not being handled. */
export async function oldestDueSeconds(executor: Executor, now: number): Promise<number> {
  const due = await dueAfter(executor, Number.MIN_SAFE_INTEGER);
  return due === null ? 0 : Math.max(0, (now - due) / 1_000);
}

/** Waiting wakes in the order of their keys, after the key `after`; given `before`, only those due before it. */
export function listWakes(
  executor: Executor,
  page: { readonly before: number | null; readonly after: string; readonly limit: number },
): Promise<readonly { readonly key: string; readonly due_at: number | null }[]> {
  const wakes = executor
    .selectFrom("wakes")
    .select(["key", "due_at"])
    .where("key", ">", page.after)
    .orderBy("key")
    .limit(page.limit);
  return (page.before === null ? wakes : wakes.where("due_at", "<", page.before)).execute();
}
