import type { Readable } from "node:stream";

export interface StoredBlob {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** As `StoredBlob`, where nobody asked for the hash. */
interface StoredPiece {
  readonly bytes: number;
  /** Null unless the store needs it itself. */
  readonly sha256: string | null;
}

/** A blob of which it is known what it holds. */
export interface KnownBlob {
  readonly key: string;
  readonly bytes: number;
  /** Hex; null: only the length is known. */
  readonly sha256: string | null;
}

/** Bytes `start` to `end`, both included and counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobInfo {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

/**
 * Durable bytes under keys `[a-z0-9/._-]`, written once. Errors: `storage_full` (no space), `storage_unavailable`
 * (retryable), `not_found`.
 */
export interface BlobStore {
  /**
   * Returns once the bytes are durable. A stream that fails or is aborted leaves nothing behind. A chunk is done with when the next
   * one is asked for.
   */
  put(key: string, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<StoredBlob>;
  /**
   * As `put`, of bytes whose hash nobody asks for. `isScratch`: of no use to another process, so they needn't outlive a crash
   * (what is left of them is swept like anything else that nobody owns).
   */
  putPiece(
    key: string,
    piece: { readonly content: AsyncIterable<Uint8Array>; readonly isScratch: boolean },
    signal: AbortSignal,
  ): Promise<StoredPiece>;
  /**
   * The stream errors if the blob ends early, and, where it is known what it holds, with `storage_unavailable` in place of its
   * last bytes if the store gives others: a range is held against the length alone. Destroying it frees everything.
   */
  open(blob: string | KnownBlob, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Null if there is no such blob. */
  stat(key: string, signal: AbortSignal): Promise<BlobInfo | null>;
  /** Gone afterwards; no error if it wasn't there. */
  delete(key: string, signal: AbortSignal): Promise<void>;
  /** Every blob below a prefix, in pages as the store gives them. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<BlobInfo>;
  /** Removes what unfinished `put`s left behind before `olderThan` (temporary files, multipart uploads); returns how many. */
  sweepUnfinished(olderThan: number, signal: AbortSignal): Promise<number>;
  /** Rejects if blobs can't be written and read now. */
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
