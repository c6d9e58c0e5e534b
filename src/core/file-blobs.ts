import type { StoredFile } from "./file.ts";
import type { Tables } from "./storage.ts";

/** The blobs that go with a file: its own, and for a result what the provider gave to make it from. */
export async function blobsOfFile(
  tables: Tables,
  file: Pick<StoredFile, "blob" | "batchId" | "role">,
): Promise<ReadonlySet<string>> {
  const parts = file.batchId === null ? [] : await tables.batches.parts(file.batchId);
  const raw = parts.flatMap((part) => part.results.filter((result) => result.role === file.role));
  return new Set([...(file.blob === null ? [] : [file.blob]), ...raw.map((result) => result.blob)]);
}
