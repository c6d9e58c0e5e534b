import type { Client } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { KeyUse } from "../core/keys.ts";
import type { ClientTables } from "../core/storage.ts";

const DAY_MILLISECONDS = 86_400_000;

/**
 * Counts what a virtual key uses, in the transaction that uses it: `rate_limited` undoes all of it, and two requests at once
 * can't both take what is left.
 */
export async function countUse(
  tables: ClientTables,
  { grant }: Pick<Client, "grant">,
  { lines, bytes, now }: KeyUse & { readonly now: number },
): Promise<void> {
  if (grant === null) return;
  const { limits } = grant;
  const used = await tables.keys.use(grant.keyId, Math.floor(now / DAY_MILLISECONDS), {
    lines,
    bytes,
  });
  if (lines > 0) refuseBeyond(limits.linesPerDay, { used: used.lines, more: lines, unit: "lines" });
  if (bytes > 0) refuseBeyond(limits.bytesPerDay, { used: used.bytes, more: bytes, unit: "bytes" });
}

/** Says which key made a batch, unless too many of its batches are unfinished. After `countUse`, which makes others wait. */
export async function countBatch(
  tables: ClientTables,
  { grant }: Pick<Client, "grant">,
  batchId: string,
): Promise<void> {
  if (grant === null) return;
  await tables.keys.saveBatch(grant.keyId, batchId);
  const { concurrentBatches } = grant.limits;
  if (concurrentBatches === null) return;
  const count = await tables.keys.unfinishedBatches(grant.keyId);
  if (count <= concurrentBatches) return;
  throw new GatewayError(
    "rate_limited",
    `This key may have ${concurrentBatches} unfinished batches at one time, and has as many. Wait for one to end, or cancel one.`,
    { retryAfterSeconds: 60 },
  );
}

function refuseBeyond(
  limit: number | null,
  { used, more, unit }: { readonly used: number; readonly more: number; readonly unit: string },
): void {
  if (limit === null || used <= limit) return;
  throw new GatewayError(
    "rate_limited",
    `This key may use ${limit} ${unit} a day, and has ${Math.max(0, limit - (used - more))} left until midnight UTC; the request needs ${more}.`,
    // The next try of an SDK, a minute later at most, would be refused as well.
    { reason: "insufficient_quota" },
  );
}
