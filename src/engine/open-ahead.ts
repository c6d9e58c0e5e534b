import type { Batch } from "../core/batch.ts";
import type { Provider } from "../core/provider.ts";
import { createLineGuard } from "../lines/line-guard.ts";
import { LinesAhead } from "../lines/lines-ahead.ts";
import { type PrepareContext, THREAD_BYTES } from "../lines/prepare.ts";
import type { Target } from "../lines/target.ts";
import { preparedPrefix } from "./blob-keys.ts";
import type { EngineContext } from "./context.ts";
import type { EarlySubmissions } from "./early-submissions.ts";
import { findCopy } from "./input.ts";
import { limitsOf } from "./part-sizes.ts";

/** A batch that is planned. */
export interface BatchWork {
  readonly batch: Batch;
  readonly provider: Provider;
  /** Null: none of it is sent before it is planned. */
  readonly early: EarlySubmissions | null;
  /** An id of this attempt's own. */
  readonly pass: string;
}

/**
 * The lines of a batch, translated while they are surveyed. Null: it's not worth it, or nobody has counted them, by which they are
 * cut into Parts.
 */
export function openAhead(
  context: EngineContext,
  { batch, provider, early, pass, target }: BatchWork & { readonly target: Target },
  signal: AbortSignal,
): LinesAhead | null {
  const lines = batch.counts.total;
  if (!provider.hasBatches || batch.bytes < THREAD_BYTES || lines === 0) return null;
  const mayFollow = early !== null && maySendEarly(batch, target);
  return new LinesAhead(
    prepareContext(context),
    {
      target,
      limits: limitsOf({ lines, bytes: batch.bytes }, provider),
      prefix: preparedPrefix(batch.id),
      pass,
      isWanted: async ({ recipe }) => (await findCopy(context, batch, recipe)) === null,
      follow: mayFollow ? async (piece) => early.begin(piece) : undefined,
    },
    signal,
  );
}

/** What translations stand on. */
export function prepareContext({ blobs, settings }: EngineContext): PrepareContext {
  return { blobs, maxLineBytes: settings.maxLineBytes };
}

/**
 * Whether lines may be on their way before all of them were seen. In strict translation a line that can't be translated keeps all
 * others here, and what a key isn't allowed to send never leaves.
 */
function maySendEarly(batch: Batch, { mode }: Target): boolean {
  return mode === "warn" && createLineGuard(batch) === null;
}
