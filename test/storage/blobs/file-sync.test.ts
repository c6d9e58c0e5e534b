import { expect, test } from "vitest";
import { createFileSync, SYNC_BYTES } from "../../../src/storage/blobs/file-sync.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

function fakeFile({ failing = 0 }: { readonly failing?: number } = {}) {
  const calls: string[] = [];
  let failures = failing;
  return {
    calls,
    datasync() {
      calls.push("datasync");
      failures -= 1;
      return failures >= 0
        ? Promise.reject(Object.assign(new Error("i/o error"), { code: "EIO" }))
        : Promise.resolve();
    },
    sync() {
      calls.push("sync");
      return Promise.resolve();
    },
  };
}

test("a large file is made durable on the way, one call at a time, and a small one at its end", async () => {
  const file = fakeFile();
  const sync = createFileSync(file);
  sync.wrote(SYNC_BYTES - 1);
  expect(file.calls).toEqual([]);
  sync.wrote(1);
  sync.wrote(SYNC_BYTES);
  expect(file.calls).toEqual(["datasync"]);
  await settled();
  sync.wrote(1);
  expect(file.calls).toEqual(["datasync", "datasync"]);
  await sync.end();
  expect(file.calls).toEqual(["datasync", "datasync", "sync"]);
});

test("a write that failed is told though the sync at the end says nothing of it", async () => {
  const file = fakeFile({ failing: 1 });
  const sync = createFileSync(file);
  sync.wrote(SYNC_BYTES);
  await settled();
  sync.wrote(SYNC_BYTES);
  await expect(sync.end()).rejects.toMatchObject({ code: "storage_unavailable" });
});
