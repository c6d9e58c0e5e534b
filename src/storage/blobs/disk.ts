import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobInfo, BlobStore, ByteRange } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { abortable } from "../../lib/abortable.ts";
import { checkBlobKey, isBlobKey } from "./blob-key.ts";
import { destroyOnAbort } from "../../lib/destroy-on-abort.ts";
import { diskErrorCode, onDisk } from "./disk-errors.ts";
import { readFileRange, syncFolder, writeNewFile, writeUnhashed } from "./disk-file.ts";

/** A folder with a million files is slow to list, and on some filesystems to open. */
const FOLDERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/**
 * Blobs as files: `objects/<2 hex>/<key, its slashes as plus signs>`, and `unfinished/` in the same filesystem for those
 * being written. A crash leaves files only in `unfinished`.
 */
export async function createDiskBlobs(options: { readonly directory: string }): Promise<BlobStore> {
  const objects = join(options.directory, "objects");
  const unfinished = join(options.directory, "unfinished");
  await onDisk(createFolders(options.directory, objects, unfinished));
  const writing = new Set<string>();
  const pathOf = (key: string) => {
    checkBlobKey(key);
    return join(objects, folderOf(key), key.replaceAll("/", "+"));
  };

  async function create<Stored>(
    key: string,
    signal: AbortSignal,
    write: (path: string) => Promise<Stored>,
  ): Promise<Stored> {
    const path = pathOf(key);
    signal.throwIfAborted();
    const name = randomUUID();
    const temporary = join(unfinished, name);
    writing.add(name);
    try {
      const stored = await write(temporary);
      signal.throwIfAborted();
      await onDisk(rename(temporary, path));
      await onDisk(syncFolder(join(objects, folderOf(key))));
      return stored;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      writing.delete(name);
    }
  }

  return {
    put: async (key, content, signal) =>
      create(key, signal, async (path) => writeNewFile(path, abortable(content, signal))),

    putPiece: async (key, { content, isScratch }, signal) =>
      create(key, signal, async (path) => ({
        bytes: await writeUnhashed(path, abortable(content, signal), { isScratch }),
        sha256: null,
      })),

    async open(blob, signal, range) {
      const { key, bytes } = typeof blob === "string" ? { key: blob, bytes: null } : blob;
      const path = pathOf(key);
      signal.throwIfAborted();
      const file = await openBlob(path);
      try {
        const { size } = await onDisk(file.stat());
        signal.throwIfAborted();
        // The bytes themselves are believed: the file system keeps what was synced.
        if (bytes !== null && size !== bytes) throw otherLength(size, bytes);
        return destroyOnAbort(readFileRange(file, toSpan(range, size)), signal);
      } catch (error) {
        await file.close();
        throw error;
      }
    },

    async stat(key, signal) {
      signal.throwIfAborted();
      return statBlob(pathOf(key), key);
    },

    async delete(key, signal) {
      signal.throwIfAborted();
      await onDisk(rm(pathOf(key), { force: true }));
    },

    async *list(prefix, signal) {
      for (const folder of FOLDERS) {
        signal.throwIfAborted();
        for (const name of await onDisk(readdir(join(objects, folder)))) {
          const key = name.replaceAll("+", "/");
          if (!key.startsWith(prefix) || !isBlobKey(key)) continue;
          signal.throwIfAborted();
          const info = await statBlob(join(objects, folder, name), key);
          if (info !== null) yield info;
        }
      }
    },

    async sweepUnfinished(olderThan, signal) {
      signal.throwIfAborted();
      let removed = 0;
      for (const name of await onDisk(readdir(unfinished))) {
        signal.throwIfAborted();
        if (writing.has(name)) continue;
        const path = join(unfinished, name);
        const info = await statBlob(path, name);
        if (info === null || info.modifiedAt >= olderThan) continue;
        await onDisk(rm(path, { force: true }));
        removed += 1;
      }
      return removed;
    },

    async ping(signal) {
      signal.throwIfAborted();
      const name = randomUUID();
      const path = join(unfinished, name);
      writing.add(name);
      try {
        await writeNewFile(path, oneByte());
        await onDisk(readFile(path));
      } finally {
        writing.delete(name);
        await rm(path, { force: true }).catch(() => undefined);
      }
    },

    async close() {},
  };
}

async function createFolders(directory: string, objects: string, unfinished: string) {
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await mkdir(objects, { recursive: true, mode: 0o700 });
  const known = new Set(await readdir(objects));
  for (const folder of FOLDERS) {
    if (!known.has(folder)) await mkdir(join(objects, folder), { recursive: true, mode: 0o700 });
  }
  await syncFolder(objects);
  await syncFolder(directory);
}

function folderOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 2);
}

async function openBlob(path: string) {
  try {
    return await open(path, "r");
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") throw noSuchBlob(error);
    return onDisk(Promise.reject(error));
  }
}

async function statBlob(path: string, key: string): Promise<BlobInfo | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { key, bytes: size, modifiedAt: Math.floor(mtimeMs) };
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") return null;
    return onDisk(Promise.reject(error));
  }
}

function noSuchBlob(cause: unknown): GatewayError {
  return new GatewayError("not_found", "There is no such stored content.", { cause });
}

function otherLength(size: number, bytes: number): GatewayError {
  const message = `A stored file has ${size} bytes in place of ${bytes}.`;
  return new GatewayError("storage_unavailable", message);
}

function toSpan(range: ByteRange | undefined, size: number) {
  if (range === undefined) return { start: 0, bytes: size };
  if (range.start < 0 || range.start > range.end || range.start >= size) {
    throw new GatewayError(
      "range_not_satisfiable",
      `Bytes ${range.start} to ${range.end} lie outside of ${size} bytes.`,
    );
  }
  return { start: range.start, bytes: range.end - range.start + 1 };
}

async function* oneByte() {
  yield Buffer.from("1");
}
