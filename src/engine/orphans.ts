import { inputBlob } from "./input.ts";
import type { SweepContext } from "./sweep.ts";

const PAGE = 500;

/** What clients sent is stored here before a row says whose it is. */
const PREFIX = "files/";

/** Removes bytes that were stored before `olderThan` and that no row names: a crash came in between. Returns how many. */
export async function removeOrphans(
  context: SweepContext,
  olderThan: number,
  signal: AbortSignal,
): Promise<number> {
  const inputs = await inputsInUse(context, signal);
  let removed = 0;
  let page: string[] = [];
  const removePage = async () => {
    const named = await context.database.files.namedBlobs(page);
    for (const key of page) {
      if (named.has(key) || inputs.has(key)) continue;
      await context.blobs.delete(key, signal);
      removed += 1;
    }
    page = [];
  };
  for await (const blob of context.blobs.list(PREFIX, signal)) {
    if (blob.modifiedAt >= olderThan) continue;
    page.push(blob.key);
    if (page.length === PAGE) await removePage();
  }
  await removePage();
  return removed;
}

/** A file may be deleted while a batch reads it. */
async function inputsInUse(
  { database }: SweepContext,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const blobs = new Set<string>();
  let after: string | null = null;
  for (;;) {
    signal.throwIfAborted();
    const ids: readonly string[] = await database.batches.unfinished(after, PAGE);
    for (const id of ids) {
      const batch = await database.batches.get(id, "every");
      const blob = batch === null ? null : inputBlob(batch);
      if (blob !== null) blobs.add(blob);
    }
    const last = ids.at(-1);
    if (last === undefined) return blobs;
    after = last;
  }
}
