import type { Grant } from "./grant.ts";

/** What a virtual key is for: whose it is, what it may use, and until when. */
export interface KeyTerms extends Omit<Grant, "keyId" | "folder"> {
  readonly owner: string;
  /** `s3://bucket/prefix` URIs below which it may name locations, beside its own folder of the default one. */
  readonly s3: readonly string[];
  readonly expiresAt: number | null;
}

/** A virtual key as the database keeps it: of the key itself only its hash. */
export interface StoredKey {
  readonly id: string;
  /** SHA-256, hex. A key has 256 random bits, so that nothing slower is needed. */
  readonly hash: string;
  /** The key's first characters, by which people tell theirs apart. */
  readonly hint: string;
  readonly terms: KeyTerms;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** What a key has used on a day. */
export interface KeyUse {
  readonly lines: number;
  readonly bytes: number;
}

export interface KeyTable {
  /** Throws `conflict` if a key has that name already, revoked ones included: the audit log names keys. */
  insert(key: StoredKey): Promise<void>;
  byHash(hash: string): Promise<StoredKey | null>;
  byName(name: string): Promise<StoredKey | null>;
  /** By name. */
  list(): Promise<readonly StoredKey[]>;
  update(
    id: string,
    changes: Pick<StoredKey, "hash" | "hint"> | Pick<StoredKey, "revokedAt">,
  ): Promise<void>;
  /** Whether there is any, in force or not. */
  any(): Promise<boolean>;
  /**
   * Adds to what a key has used on a day (days since 1970) and returns the sum. In a transaction no other one counts the
   * same key's use before this one ends.
   */
  use(keyId: string, day: number, more: KeyUse): Promise<KeyUse>;
  /** Says which key made a batch. */
  saveBatch(keyId: string, batchId: string): Promise<void>;
  /** How many unfinished batches a key has made. */
  unfinishedBatches(keyId: string): Promise<number>;
}
