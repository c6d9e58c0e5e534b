import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { once } from "node:events";
import { newId } from "./new-id.ts";
import { noteTransfer } from "../../lib/buffer-pressure.ts";

/** Times are unix seconds. */
export interface FileRecord {
  readonly id: string;
  readonly project: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly filename: string;
  readonly purpose: string;
  readonly path: string;
}

export interface FileStore {
  readonly add: (file: FileRecord) => void;
  /** Null too once it has expired. */
  readonly find: (project: string, id: string) => FileRecord | null;
  /** In the order they were made. */
  readonly list: (project: string) => readonly FileRecord[];
  /** The same, of every project. */
  readonly all: () => readonly FileRecord[];
  readonly remove: (file: FileRecord) => Promise<void>;
  /** Opens a fresh file on disk. */
  readonly write: () => FileWriter;
  readonly close: () => Promise<void>;
}

export interface FileWriter {
  readonly path: string;
  readonly bytes: () => number;
  readonly write: (chunk: Uint8Array | string) => Promise<void> | void;
  readonly end: () => Promise<void>;
  /** Drops what was written. */
  readonly discard: () => Promise<void>;
}

/** What may wait in memory while the disk is busy. With 4 MiB it was the disk that waited for the next ones. */
const WRITE_BUFFER_BYTES = 1024 * 1024;

export async function openFileStore(parent: string | null, now: () => number): Promise<FileStore> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), "openai-emulator-"));
  const files = new Map<string, FileRecord>();
  const isAlive = (file: FileRecord) => file.expiresAt === null || now() / 1_000 < file.expiresAt;
  const all = () => [...files.values()].filter(isAlive);
  return {
    all,
    add: (file) => {
      files.set(file.id, file);
    },
    find: (project, id) => {
      const file = files.get(id);
      return file !== undefined && file.project === project && isAlive(file) ? file : null;
    },
    list: (project) => all().filter((file) => file.project === project),
    remove: async (file) => {
      files.delete(file.id);
      await rm(file.path, { force: true });
    },
    write: () => openWriter(join(directory, newId(""))),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

function openWriter(path: string): FileWriter {
  const stream = createWriteStream(path, { highWaterMark: WRITE_BUFFER_BYTES });
  let bytes = 0;
  let failure: Error | null = null;
  stream.on("error", (error) => {
    failure = error;
  });
  return {
    path,
    bytes: () => bytes,
    write: (chunk) => {
      if (failure !== null) throw failure;
      bytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
      noteTransfer(chunk.length);
      return stream.write(chunk) ? undefined : drained(stream);
    },
    end: async () => {
      stream.end();
      await finished(stream);
    },
    discard: async () => {
      stream.destroy();
      await rm(path, { force: true });
    },
  };
}

async function drained(stream: NodeJS.EventEmitter): Promise<void> {
  await once(stream, "drain");
}

/** Adds a file's bytes to another. */
export async function appendFrom(path: string, writer: FileWriter): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (chunk instanceof Uint8Array) await writer.write(chunk);
  }
}
