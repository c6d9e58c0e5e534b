import { createHash } from "node:crypto";
import { constants, open, type FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { StoredBlob } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { noteTransfer } from "../../lib/buffer-pressure.ts";
import { createPartBuffers, type PartBuffer } from "../../lib/part-buffers.ts";
import { onDisk, toDiskError } from "./disk-errors.ts";
import { createFileSync } from "./file-sync.ts";

/** Measured: gathering network chunks of 64 KiB doubles the speed of one write each, and more than this gains nothing. */
const WRITE_BYTES = 512 * 1024;
const READ_BYTES = 512 * 1024;

/** Writes a new file, and returns once its bytes are durable. Hashing overlaps writing. */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<StoredBlob> {
  const hash = createHash("sha256");
  const see = (chunk: Uint8Array) => void hash.update(chunk);
  const bytes = await writeUnhashed(path, chunks, { isScratch: false, see });
  return { bytes, sha256: hash.digest("hex") };
}

/**
 * As `writeNewFile`, and returns how many bytes that were. `isScratch`: doesn't wait for the disk. Chunks are copied into two
 * buffers: those that waited for the disk would outlive several collections.
 */
export async function writeUnhashed(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { isScratch, see }: { readonly isScratch: boolean; readonly see?: (chunk: Uint8Array) => void },
): Promise<number> {
  const file = await onDisk(open(path, "wx", 0o600));
  let writing = Promise.resolve();
  const sync = isScratch ? null : createFileSync(file);
  try {
    let bytes = 0;
    const buffers = createPartBuffers(WRITE_BYTES, 2);
    let part = await buffers.take();
    const flush = async () => {
      await writing;
      writing = writeAll(file, part);
      sync?.wrote(WRITE_BYTES);
      // It is awaited before the next write; until then a failure must not count as unhandled.
      writing.catch(() => undefined);
      part = await buffers.take();
    };
    let before: Uint8Array = Buffer.alloc(0);
    for await (const chunk of chunks) {
      // One that was freed by whoever made it has no length any more.
      noteTransfer(before.length);
      before = chunk;
      see?.(chunk);
      bytes += chunk.length;
      let copied = part.append(chunk);
      while (copied < chunk.length) {
        await flush();
        copied += part.append(chunk.subarray(copied));
      }
    }
    await writing;
    await writeAll(file, part);
    await sync?.end();
    return bytes;
  } finally {
    // Closing waits for a write that still runs. Its error would hide the one that brought us here.
    await file.close().catch(() => undefined);
  }
}

/** A disk that is nearly full takes a part of a write before it refuses the rest. */
async function writeAll(file: FileHandle, part: PartBuffer): Promise<void> {
  let rest = part.content();
  while (rest.length > 0) {
    const { bytesWritten } = await onDisk(file.write(rest));
    rest = rest.subarray(bytesWritten);
  }
  part.release();
}

/** Streams `bytes` bytes from `start`, and fails if the file ends before. Closes the file. */
export function readFileRange(
  file: FileHandle,
  range: { readonly start: number; readonly bytes: number },
): Readable {
  let position = range.start;
  const end = range.start + range.bytes;
  const readNext = async (stream: Readable, length: number) => {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead === 0) {
      const message = `A stored file ended ${end - position} bytes early.`;
      throw new GatewayError("storage_unavailable", message);
    }
    position += bytesRead;
    noteTransfer(bytesRead);
    stream.push(buffer.subarray(0, bytesRead));
  };
  return new Readable({
    // One is read while another is used. Two that waited would be joined, and copied for that.
    highWaterMark: READ_BYTES,
    read() {
      if (position === end) {
        this.push(null);
        return;
      }
      const length = Math.min(READ_BYTES, end - position);
      readNext(this, length).catch((error: unknown) => this.destroy(toDiskError(error)));
    },
    destroy(error, callback) {
      void closeThen(file, () => callback(error));
    },
  });
}

async function closeThen(file: FileHandle, next: () => void): Promise<void> {
  await file.close().catch(() => undefined);
  next();
}

/** Makes names in a folder durable: a file's own fsync doesn't. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
