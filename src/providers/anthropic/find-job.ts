import type { FoundJob, Submission, UpstreamPage } from "../../core/provider.ts";
import { toReport } from "./report.ts";
import { toTime, type WireBatch } from "./wire.ts";

/** How far Anthropic's clock may be behind ours. Each second more makes another client's batch look like the Part's own. */
const CLOCK_SKEW_MILLISECONDS = 60_000;

/**
 * A guess: a batch carries nothing of ours, so that only its age and the number of its requests can be compared. That
 * there is none of that kind is certain; one is taken for the Part's own, and of several nobody knows which it is.
 */
export async function findJob(
  part: Submission,
  readPage: (after: string | null) => Promise<UpstreamPage<WireBatch>>,
): Promise<FoundJob> {
  const oldest = part.submittingAt - CLOCK_SKEW_MILLISECONDS;
  const isOlder = (batch: WireBatch) => (toTime(batch.created_at) ?? oldest) < oldest;
  const candidates: string[] = [];
  let after: string | null = null;
  do {
    const { items, next }: UpstreamPage<WireBatch> = await readPage(after);
    for (const batch of items) {
      const total = toReport(batch).counts?.total ?? null;
      const mayBeOurs = !isOlder(batch) && (total === null || total === part.lines);
      if (!mayBeOurs || (await part.isTaken?.(batch.id)) === true) continue;
      // Where a host doesn't count, one is as unsure as several.
      if (total === null || candidates.length > 0) return { kind: "unknown" };
      candidates.push(batch.id);
    }
    const last = items.at(-1);
    after = last !== undefined && isOlder(last) ? null : next;
  } while (after !== null);
  const [id] = candidates;
  return id === undefined
    ? { kind: "absent" }
    : { kind: "found", job: { id, data: {} }, isGuess: true };
}
