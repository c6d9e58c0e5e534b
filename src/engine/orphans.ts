import { OwnersOfBlobs } from "./blob-owners.ts";
import { inputBlob } from "./input.ts";
import type { SweepContext } from "./sweep.ts";

const PAGE = 500;

/** Removes bytes that were stored before `olderThan` and that no row names: a crash came in between. Returns how many. */
export async function removeOrphans(
  context: SweepContext,
  olderThan: number,
  signal: AbortSignal,
): Promise<number> {
  const inputs = await inputsInUse(context, signal);
  const owners = new OwnersOfBlobs(context.database);
  const isNeeded: Readonly<Record<string, (key: string) => Promise<boolean>>> = {
    "files/": (key) => Promise.resolve(inputs.has(key)),
    "ids/": (key) => owners.isRunning(key),
    // As they were until November 2026.
    "indexes/": (key) => owners.isRunning(key),
    "prepared/": (key) => owners.needPrepared(key),
    "results/": (key) => owners.needResult(key),
  };
  let removed = 0;
  for (const [prefix, needs] of Object.entries(isNeeded)) {
    for await (const page of pagesOf(context, { prefix, olderThan }, signal)) {
      const named = await context.database.files.namedBlobs(page);
      for (const key of page) {
        if (named.has(key) || (await needs(key))) continue;
        await context.blobs.delete(key, signal);
        removed += 1;
      }
    }
  }
  return removed;
}

async function* pagesOf(
  { blobs }: SweepContext,
  { prefix, olderThan }: { readonly prefix: string; readonly olderThan: number },
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let page: string[] = [];
  for await (const blob of blobs.list(prefix, signal)) {
    if (blob.modifiedAt >= olderThan) continue;
    page.push(blob.key);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
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
