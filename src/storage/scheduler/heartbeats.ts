import type { Job, PgBoss } from "pg-boss";
import { z } from "zod";
import type { ErrorLog } from "./error-log.ts";

/** Keeps pg-boss from giving jobs to others while they are handled here. */
export interface Heartbeats<Data> {
  /** The signal is aborted when the job was given to another handler all the same. */
  hold(job: Job<Data>): AbortSignal;
  release(job: Job<Data>): void;
  stop(): void;
}

/** pg-boss names no fields of its answers; these are the ids of the jobs that were still ours. */
export const ANSWER = z.looseObject({ settled: z.array(z.string()) });

// Several times within the 10 s after which a job is taken away.
const INTERVAL_MILLISECONDS = 3_000;

export function startHeartbeats<Data>(
  boss: PgBoss,
  queue: string,
  errors: ErrorLog,
): Heartbeats<Data> {
  const held = new Map<string, { readonly job: Job<Data>; readonly lost: AbortController }>();
  let beating = false;

  async function beat(): Promise<void> {
    if (beating || held.size === 0) return;
    beating = true;
    const beaten = [...held.values()];
    try {
      const jobs = beaten.map(({ job }) => job);
      const ours = new Set(ANSWER.parse(await boss.touch(queue, jobs)).settled);
      for (const { job, lost } of beaten) if (!ours.has(job.id)) lost.abort();
    } catch (error) {
      // Says nothing about the jobs: whoever could take them needs the database too.
      errors.report(error, "the heartbeat couldn't be saved, will try again");
    }
    beating = false;
  }

  const timer = setInterval(() => void beat(), INTERVAL_MILLISECONDS);
  return {
    hold(job) {
      const lost = new AbortController();
      held.set(job.id, { job, lost });
      return lost.signal;
    },
    release: (job) => void held.delete(job.id),
    stop: () => clearInterval(timer),
  };
}
