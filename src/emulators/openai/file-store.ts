import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskWriter, openDiskWriter } from "../disk-writer.ts";
import { newId } from "./new-id.ts";

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
  readonly write: () => DiskWriter;
  readonly close: () => Promise<void>;
}

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
    write: () => openDiskWriter(join(directory, newId(""))),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

/** Adds a file's bytes to another. */
export async function appendFrom(path: string, writer: DiskWriter): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (chunk instanceof Uint8Array) await writer.write(chunk);
  }
}
