import { createDiskBlobs } from "../../../src/storage/blobs/disk.ts";
import { contentOf, MIB } from "./content.ts";

/** Puts blobs until it is killed, four at a time, and tells each that was acknowledged. */
const store = await createDiskBlobs({ directory: process.argv[2] ?? "" });
const never = new AbortController().signal;

async function putForever(worker: number): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const key = `worker${worker}/turn${turn}`;
    const { sha256 } = await store.put(key, contentOf(3 * MIB), never);
    process.stdout.write(`${key} ${sha256}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(putForever));
