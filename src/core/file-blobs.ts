import type { StoredFile } from "./file.ts";
import type { ClientTables } from "./storage.ts";

/** The blobs that go with a file: its own, and for a result what the provider gave to make it from. */
export async function blobsOfFile(
  tables: ClientTables,
  file: Pick<StoredFile, "id" | "owner" | "blob" | "batchId" | "role">,
): Promise<ReadonlySet<string>> {
  const own = file.blob === null ? [] : [file.blob];
  if (file.batchId === null) return new Set(own);
  const parts = await tables.batches.parts(file.batchId);
  const isLast = await isLastResult(tables, file.batchId, file);
  const raw = parts.flatMap((part) =>
    part.results.filter((result) => isLast || result.role === file.role),
  );
  const made = isLast ? [`prepared/${file.batchId}/ids`, `prepared/${file.batchId}/unsent`] : [];
  return new Set([...own, ...raw.map((result) => result.blob), ...made]);
}

/** Whether the batch has no other result file left: what both were made from can go. */
async function isLastResult(
  tables: ClientTables,
  batchId: string,
  { id: fileId, owner }: Pick<StoredFile, "id" | "owner">,
): Promise<boolean> {
  const batch = await tables.batches.get(batchId, [owner]);
  if (batch === null) return false;
  for (const id of [batch.outputFileId, batch.errorFileId]) {
    if (id === null || id === fileId) continue;
    if ((await tables.files.get(id, [owner])) !== null) return false;
  }
  return true;
}
