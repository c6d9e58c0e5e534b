import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskWriter, openDiskWriter } from "../disk-writer.ts";
import { newId } from "./new-id.ts";

/** Times are milliseconds. */
export interface FileRecord {
  /** What follows `files/`. */
  readonly id: string;
  /** Counts up with every file. */
  readonly serial: number;
  readonly project: string;
  readonly source: "UPLOADED" | "GENERATED";
  readonly displayName: string | null;
  readonly mimeType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly path: string;
}

export type NewFile = Omit<FileRecord, "serial" | "createdAt" | "expiresAt">;

export interface FileStore {
  readonly add: (file: NewFile) => FileRecord;
  /** Whether the name is taken, by whomever. */
  readonly has: (id: string) => boolean;
  /** Null too once it has expired. */
  readonly find: (project: string, id: string) => FileRecord | null;
  /** The newest first. */
  readonly list: (project: string) => readonly FileRecord[];
  /** Of every project, oldest first. */
  readonly all: () => readonly FileRecord[];
  readonly remove: (file: FileRecord) => Promise<void>;
  /** Opens a fresh file on disk. */
  readonly write: () => FileWriter;
  readonly close: () => Promise<void>;
}

export interface FileWriter extends DiskWriter {
  /** In hexadecimal, of what was written; to be asked once, at the end. */
  readonly sha256: () => string;
}

export interface StoreOptions {
  readonly parent: string | null;
  readonly now: () => number;
  readonly fileSeconds: number;
}

export async function openFileStore(options: StoreOptions): Promise<FileStore> {
  const { now, fileSeconds } = options;
  const directory = await mkdtemp(join(options.parent ?? tmpdir(), "gemini-emulator-"));
  const files = new Map<string, FileRecord>();
  let serial = 0;
  const isAlive = (file: FileRecord) => now() < file.expiresAt;
  const all = () => [...files.values()].filter(isAlive);
  return {
    all,
    add: (given) => {
      serial += 1;
      const createdAt = now();
      const file = { ...given, serial, createdAt, expiresAt: createdAt + fileSeconds * 1_000 };
      files.set(file.id, file);
      return file;
    },
    has: (id) => {
      const file = files.get(id);
      return file !== undefined && isAlive(file);
    },
    find: (project, id) => {
      const file = files.get(id);
      return file !== undefined && file.project === project && isAlive(file) ? file : null;
    },
    list: (project) =>
      all()
        .filter((file) => file.project === project)
        .toReversed(),
    remove: async (file) => {
      files.delete(file.id);
      await rm(file.path, { force: true });
    },
    write: () => openWriter(join(directory, newId(24))),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

function openWriter(path: string): FileWriter {
  const writer = openDiskWriter(path);
  const hash = createHash("sha256");
  return {
    ...writer,
    sha256: () => hash.digest("hex"),
    write: (chunk) => {
      hash.update(chunk);
      return writer.write(chunk);
    },
  };
}
