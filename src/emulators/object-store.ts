/** What an emulator of a service beside S3 sees of its buckets: none of it is in S3's journal or hit by its faults. */
export interface ObjectStore {
  /** The keys that begin with the prefix, in S3's order. Throws where there is no such bucket. */
  readonly list: (bucket: string, prefix: string) => Promise<readonly StoredKey[]>;
  /** Throws where there is no such object. */
  readonly read: (bucket: string, key: string) => AsyncIterable<Uint8Array>;
  readonly write: (bucket: string, key: string, content: ObjectContent) => Promise<void>;
}

export interface StoredKey {
  readonly key: string;
  readonly bytes: number;
}

interface ObjectContent {
  readonly bytes: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  readonly contentType: string;
}
