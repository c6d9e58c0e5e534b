import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDiskBlobs } from "../../../src/storage/blobs/disk.ts";
import type { BlobBed } from "./blobs.contract.ts";

export interface DiskBed extends BlobBed {
  readonly directory: string;
}

export async function createDiskBed(): Promise<DiskBed> {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-blobs-"));
  const unfinished = join(directory, "unfinished");
  return {
    directory,
    store: await createDiskBlobs({ directory }),
    unfinished: async () => readdir(unfinished),
    leaveUnfinished: async () => writeFile(join(unfinished, "left-by-a-dead-process"), "half"),
    beforeAnyPut: Date.now() - 3_600_000,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}
