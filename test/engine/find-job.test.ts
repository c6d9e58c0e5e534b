import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Upstream } from "../../src/core/provider.ts";
import { findJob } from "../../src/engine/find-job.ts";
import { createDiskBlobs } from "../../src/storage/blobs/disk.ts";
import { openSqlite } from "../../src/storage/database/connection.ts";
import { openDatabase } from "../../src/storage/database/database.ts";
import { aBatch, aPart } from "../storage/database/samples.ts";

test("a job that became another Part's while the list was read isn't adopted by guess", async () => {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-find-"));
  const database = await openDatabase(
    await openSqlite(join(folder, "crossbatch.sqlite"), { exclusive: false }),
  );
  const blobs = await createDiskBlobs({ directory: join(folder, "blobs") });
  const never = new AbortController().signal;
  try {
    const [batch, twin] = [aBatch({ id: "one" }), aBatch({ id: "two" })];
    const common = { phase: "submitting", lines: 3, job: null } as const;
    const part = aPart({ ...common, id: "part-one", batchId: batch.id });
    const lookalike = aPart({ ...common, id: "part-two", batchId: twin.id });
    for (const each of [batch, twin]) await database.batches.insert(each);
    for (const each of [part, lookalike]) await database.batches.insertPart(each);
    const job = { id: "job-two", data: {} };
    // The reply to the twin comes after the list was read, and before it is asked who looks alike.
    const upstream = {
      find: async () => {
        await database.batches.updatePart(lookalike, { phase: "submitted", job });
        return { kind: "found", job, isGuess: true };
      },
    } satisfies Pick<Upstream, "find">;
    const found = await findJob({ database, blobs }, { batch, part, upstream }, never);
    expect(found).toEqual({ kind: "unknown" });
  } finally {
    await blobs.close();
    await database.close();
    await rm(folder, { recursive: true });
  }
});
