import type { Batch, BatchState, Part } from "./batch.ts";
import type { ClientOwners, Owners } from "./client.ts";
import type { FileCopy, StoredFile, Upload, UploadPart } from "./file.ts";
import type { JsonObject } from "./json.ts";
import type { S3Location } from "./s3-uri.ts";
import type { KeyTable } from "./keys.ts";

/** What of a row may change; every change carries the version it was read at. */
export type Changes<Row> = Partial<Omit<Row, "id" | "owner" | "version">>;

/** A page of a list, newest first unless `order` says otherwise. Sorted by `createdAt`, then `id`. */
export interface ListQuery<Who extends Owners = Owners> {
  readonly owners: Who;
  /** Only this provider's, this dialect's native account's …; left out: all. */
  readonly provider?: string;
  readonly purpose?: string;
  readonly model?: string;
  /** Only files that lie there at their provider, or were meant to; left out: all. */
  readonly liesBelow?: S3Location;
  /** The row after which the page begins, in the direction of `order`. */
  readonly after?: { readonly createdAt: number; readonly id: string };
  /** Only files that haven't expired by then; left out: all. */
  readonly unexpiredAt?: number;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

export interface FileTable<Who extends Owners = Owners> {
  insert(file: StoredFile): Promise<void>;
  get(id: string, owners: Who): Promise<StoredFile | null>;
  list(query: ListQuery<Who>): Promise<readonly StoredFile[]>;
  /** Throws `stale` if the row is no longer at `version`, or gone. Returns the row as it is now. */
  update(
    file: Pick<StoredFile, "id" | "version">,
    changes: Changes<StoredFile>,
  ): Promise<StoredFile>;
  /** Removes the row, its aliases and its copies. */
  delete(id: string, owners: Who): Promise<void>;
  /** Rows whose `expiresAt` is before `now` and that no unfinished batch reads, at most `limit`. */
  expired(now: number, limit: number): Promise<readonly StoredFile[]>;
  /** Those of the blobs that are a file's or a part's of an upload. */
  namedBlobs(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface CopyTable {
  save(copy: FileCopy): Promise<void>;
  find(fileId: string, provider: string, account: string): Promise<readonly FileCopy[]>;
  /** Every copy of a file, wherever it is. */
  of(fileId: string): Promise<readonly FileCopy[]>;
  delete(copy: Pick<FileCopy, "fileId" | "provider" | "account" | "recipe">): Promise<void>;
}

export interface UploadTable<Who extends Owners = Owners> {
  insert(upload: Upload): Promise<void>;
  get(id: string, owners: Who): Promise<Upload | null>;
  update(upload: Pick<Upload, "id" | "version">, changes: Changes<Upload>): Promise<Upload>;
  insertPart(part: UploadPart): Promise<void>;
  parts(uploadId: string): Promise<readonly UploadPart[]>;
  deleteParts(uploadId: string): Promise<void>;
  /** Pending ones whose `expiresAt` is before `now`, at most `limit`. */
  expired(now: number, limit: number): Promise<readonly Upload[]>;
}

export interface BatchTable<Who extends Owners = Owners> {
  insert(batch: Batch): Promise<void>;
  get(id: string, owners: Who): Promise<Batch | null>;
  list(query: ListQuery<Who>): Promise<readonly Batch[]>;
  update(batch: Pick<Batch, "id" | "version">, changes: Changes<Batch>): Promise<Batch>;
  /** Removes the row, its parts, its aliases and its create's keys. */
  delete(id: string, owners: Who): Promise<void>;
  /** Ids of client batches that are in no terminal state, in pages after `after`. */
  unfinished(after: string | null, limit: number): Promise<readonly string[]>;
  /** How many there are of each provider and state. */
  countByState(): Promise<
    readonly { readonly provider: string; readonly state: BatchState; readonly count: number }[]
  >;
  /** Whether any unfinished batch still needs this account's key. */
  accountInUse(account: string): Promise<boolean>;
  /** Whether an unfinished batch reads this file: its bytes must stay until that batch has ended. */
  inputInUse(fileId: string): Promise<boolean>;
  /** Parts of which nobody knows whether they were submitted, longest first. */
  uncertainParts(limit: number): Promise<readonly Part[]>;
  /** How many there are at each provider. */
  countUncertainParts(): Promise<readonly { readonly provider: string; readonly count: number }[]>;
  /** Whether another Part of the account, as long as this one, was submitted without knowing its job. */
  hasLookalike(part: Part): Promise<boolean>;
  /** Whether a job is another Part's than this one's. */
  isJobTaken(part: Part, jobId: string): Promise<boolean>;
  insertPart(part: Part): Promise<void>;
  parts(batchId: string): Promise<readonly Part[]>;
  part(id: string): Promise<Part | null>;
  updatePart(part: Pick<Part, "id" | "version">, changes: Changes<Part>): Promise<Part>;
}

export type AliasKind = "file" | "batch" | "upload";

/** A public or native id of an object. `account` is null for ids that are ours. */
export interface Alias {
  readonly kind: AliasKind;
  readonly owner: string;
  readonly account: string | null;
  readonly provider: string | null;
  /** The dialect whose dress the id wears, or null for a provider's own. */
  readonly dialect: string | null;
  readonly id: string;
  readonly objectId: string;
}

export interface AliasTable<Who extends Owners = Owners> {
  /** False, and nothing happens, if that very alias is there already. */
  insert(alias: Alias): Promise<boolean>;
  /** Newest first; several where two accounts hold the same native id. */
  find(kind: AliasKind, id: string, owners: Who): Promise<readonly Alias[]>;
}

/** A client's own provider key, encrypted, while a batch still needs it. */
export interface AccountKeyTable {
  save(key: {
    readonly account: string;
    readonly provider: string;
    readonly sealed: string;
    readonly createdAt: number;
  }): Promise<void>;
  /** As it was sealed. */
  get(account: string): Promise<string | null>;
  /** Only what was sealed so: another batch may have brought the key again meanwhile. */
  delete(account: string, sealed: string): Promise<void>;
}

/** By what a create is known if its client sends it again, and which batch it made. */
export interface CreateKey {
  readonly owner: string;
  readonly key: string;
  /** Of all that was asked for. */
  readonly fingerprint: string;
  readonly batchId: string;
  /** Whether it came from a client that had sent it before, and was the first to arrive. */
  readonly isRepeat: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The keys of a batch go with its row. */
export interface CreateKeyTable {
  /** False, and nothing happens, if its owner has that key. Waits for another transaction that is about to insert it. */
  insert(key: CreateKey): Promise<boolean>;
  get(owner: string, key: string): Promise<CreateKey | null>;
  /** Only while it stands for that batch. */
  delete(key: Pick<CreateKey, "owner" | "key" | "batchId">): Promise<void>;
  deleteExpired(now: number): Promise<void>;
}

/** What happened to which object, when, by whom. Append-only; holds no payloads. */
export interface Event {
  readonly id: string;
  readonly at: number;
  readonly owner: string;
  readonly actor: string;
  readonly kind: AliasKind | "part" | "key";
  readonly objectId: string;
  readonly what: string;
  readonly data: JsonObject;
}

export interface EventTable<Who extends Owners = Owners> {
  append(event: Event): Promise<void>;
  /** Oldest first, after the event `after`. */
  list(query: {
    readonly owners: Who;
    readonly objectId?: string;
    /** Only events of that time or later; left out: all. */
    readonly since?: number;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly Event[]>;
}

/** `Who` is whose rows may be asked for: the foreground's tables know no "every". */
export interface Tables<Who extends Owners = Owners> {
  readonly files: FileTable<Who>;
  readonly copies: CopyTable;
  readonly uploads: UploadTable<Who>;
  readonly batches: BatchTable<Who>;
  readonly aliases: AliasTable<Who>;
  readonly accountKeys: AccountKeyTable;
  readonly createKeys: CreateKeyTable;
  readonly keys: KeyTable;
  readonly events: EventTable<Who>;
}

/** Errors: `storage_unavailable` where the database can't be reached, `storage_full`, `stale`. */
export interface Database<Who extends Owners = Owners> extends Tables<Who> {
  /** All or nothing. `work` may run again after a serialisation conflict, so it touches nothing but `tables`. */
  transaction<Result>(work: (tables: Tables<Who>) => Promise<Result>): Promise<Result>;
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a request may ask the database for: each query names the owners that its client may see. */
export type ClientTables = Tables<ClientOwners>;
export type ClientDatabase = Database<ClientOwners>;
