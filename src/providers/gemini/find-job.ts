import { GatewayError } from "../../core/errors.ts";
import type { FoundJob, Submission } from "../../core/provider.ts";
import type { TokenPage } from "./pages.ts";
import type { WireOperation } from "./wire.ts";

/** How far the provider's clock may be behind ours. */
const CLOCK_SKEW_MILLISECONDS = 5 * 60_000;

export function displayNameOf({ token }: Pick<Submission, "token">): string {
  return `crossbatch-part-${token}`;
}

export interface BatchPage extends TokenPage<WireOperation> {
  /** Whether Google left out what it couldn't reach. */
  readonly isPartial: boolean;
}

/**
 * Looks through the batches that are young enough for the one that carries the Part's token. That older ones come later is
 * seen, not documented: the list is read to its end once it shows another order.
 */
export async function findJob(
  part: Submission,
  readPage: (token: string | null) => Promise<BatchPage>,
): Promise<FoundJob> {
  const wanted = displayNameOf(part);
  const oldest = part.submittingAt - CLOCK_SKEW_MILLISECONDS;
  let isNewestFirst = true;
  let isPartial = false;
  let last = Number.POSITIVE_INFINITY;
  let token: string | null = null;
  do {
    const page: BatchPage = await readPage(token);
    isPartial ||= page.isPartial;
    for (const { name, metadata } of page.items) {
      if (metadata?.displayName === wanted) return { kind: "found", job: { id: name, data: {} } };
      const createdAt = metadata?.createTime ?? last;
      if (createdAt > last) isNewestFirst = false;
      last = createdAt;
    }
    token = isNewestFirst && last < oldest ? null : page.nextToken;
  } while (token !== null);
  if (!isPartial) return { kind: "absent" };
  throw new GatewayError(
    "upstream_unavailable",
    "Gemini's list of batches has gaps at the moment: whether the batch was made can't be seen.",
  );
}
