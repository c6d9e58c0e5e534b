import type { Spool } from "./spool.ts";

/** Times are milliseconds since 1970. */
export interface FileRecord {
  readonly id: string;
  readonly workspace: string;
  readonly filename: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly path: string;
  /** Only what a tool made can be read back. */
  downloadable: boolean;
}

export interface FileStore {
  readonly add: (file: FileRecord) => void;
  /** Those that have expired too. */
  readonly find: (workspace: string, id: string) => FileRecord | null;
  readonly hasExpired: (file: FileRecord) => boolean;
  /** What has not expired, newest first. */
  readonly list: (workspace: string) => readonly FileRecord[];
  /** The same of every workspace, oldest first. */
  readonly all: () => readonly FileRecord[];
  readonly remove: (file: FileRecord) => Promise<void>;
}

export function createFileStore(spool: Spool, now: () => number): FileStore {
  const files = new Map<string, FileRecord>();
  const hasExpired = (file: FileRecord) => file.expiresAt !== null && now() >= file.expiresAt;
  const all = () => [...files.values()].filter((file) => !hasExpired(file));
  return {
    all,
    hasExpired,
    add: (file) => {
      files.set(file.id, file);
    },
    find: (workspace, id) => {
      const file = files.get(id);
      return file !== undefined && file.workspace === workspace ? file : null;
    },
    list: (workspace) =>
      all()
        .filter((file) => file.workspace === workspace)
        .toReversed(),
    remove: async (file) => {
      files.delete(file.id);
      await spool.remove(file.path);
    },
  };
}
