import type { Part } from "../core/batch.ts";
import type { FoundJob, Upstream } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";
import { toSubmission } from "./input.ts";
import type { PartWork } from "./part-work.ts";

/**
 * Looks for a Part's job at its provider. A guess counts only where no other Part could mean the same job: one that looks
 * alike may have made it a moment ago, and not know its id yet.
 */
export async function findJob(
  context: Pick<EngineContext, "database" | "blobs">,
  {
    batch,
    part,
    upstream,
  }: Pick<PartWork, "batch" | "part"> & { readonly upstream: Pick<Upstream, "find"> },
  signal: AbortSignal,
): Promise<FoundJob> {
  const submission = toSubmission(context, batch, part);
  const found = await upstream.find(submission, signal);
  if (found.kind !== "found" || found.isGuess !== true) return found;
  if (await context.database.batches.hasLookalike(part)) return { kind: "unknown" };
  // Who looked alike until a moment ago may have heard of this very job since the list was read.
  return (await submission.isTaken?.(found.job.id)) === true ? { kind: "unknown" } : found;
}

/** When a call that got no answer could no longer take effect, in milliseconds since the epoch. */
export function settledAt(
  { settings }: Pick<EngineContext, "settings">,
  { submittingAt, createdAt }: Part,
): number {
  return (submittingAt ?? createdAt) + settings.settleSeconds * 1_000;
}
