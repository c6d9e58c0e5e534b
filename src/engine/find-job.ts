import type { FoundJob } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";
import { toSubmission } from "./input.ts";
import type { PartWork } from "./part-work.ts";

/**
 * Looks for a Part's job at its provider. A guess counts only where no other Part could mean the same job: one that looks
 * alike may have made it a moment ago, and not know its id yet.
 */
export async function findJob(
  context: EngineContext,
  { batch, part, upstream }: PartWork,
  signal: AbortSignal,
): Promise<FoundJob> {
  const found = await upstream.find(toSubmission(context, batch, part), signal);
  if (found.kind !== "found" || found.isGuess !== true) return found;
  const isContested = await context.database.batches.hasLookalike(part);
  return isContested ? { kind: "unknown" } : found;
}
