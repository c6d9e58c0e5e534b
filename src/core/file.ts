import type { FormatName } from "./format.ts";
import type { JsonObject } from "./json.ts";

/** The one object that stands for ours at a provider, and the family whose clients may be shown its id. */
export interface NativeRef {
  readonly id: string;
  readonly format: FormatName;
}

/** The option of a file in which its place is written as one folder, so that it can be looked for: `s3://bucket/prefix/`. */
export const PLACE = "place";

/**
 * Bytes that a client gave us or may fetch. `upload`: given in a form or through parts; `inline`: lines that came inside a
 * create; `result`: made by a batch; `upstream`: made elsewhere and mirrored from a provider's own list.
 */
export interface StoredFile {
  readonly id: string;
  readonly owner: string;
  readonly account: string | null;
  readonly dialect: string;
  readonly provider: string;
  readonly origin: "upload" | "inline" | "result" | "upstream";
  readonly native: NativeRef | null;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly bytes: number;
  /** Hex; null where the bytes are only upstream. */
  readonly sha256: string | null;
  /** Lines as `wc` counts them plus a last one without newline; null where unknown. */
  readonly lines: number | null;
  /** Key in the blob store; null where the bytes are only upstream. */
  readonly blob: string | null;
  /** Blob key of the line index (custom_id hash, offset, length of each line), once a batch has needed it. */
  readonly lineIndex: string | null;
  /** For results: the batch, and which of its files this is. */
  readonly batchId: string | null;
  readonly role: "output" | "error" | null;
  /** What later steps need of the request that made it: storage location, region. */
  readonly options: JsonObject;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly version: number;
}

/** A File's bytes as they were sent to a provider. Used again only if codec, model and mode still agree and it hasn't expired. */
export interface FileCopy {
  readonly fileId: string;
  readonly provider: string;
  readonly account: string;
  /** What it is: `bytes` for the very bytes, `result/<part>` for what a result was made from, else codec, model and mode. */
  readonly recipe: string;
  readonly nativeId: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** An upload in parts. Times are integer milliseconds, as everywhere. */
export interface Upload {
  readonly id: string;
  readonly owner: string;
  readonly account: string | null;
  readonly dialect: string;
  readonly provider: string;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly state: "pending" | "completed" | "cancelled" | "expired";
  readonly fileId: string | null;
  /** The file's own lifetime, as asked for at create. */
  readonly fileExpiresAfterSeconds: number | null;
  readonly options: JsonObject;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly version: number;
}

export interface UploadPart {
  readonly id: string;
  readonly uploadId: string;
  readonly owner: string;
  readonly blob: string;
  readonly bytes: number;
  readonly createdAt: number;
}
