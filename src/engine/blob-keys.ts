/** The blob key of a batch's line index. */
export function lineIndexKey(batchId: string): string {
  return `ids/${batchId}`;
}

/** What blobs of prepared lines begin with. */
export function preparedPrefix(batchId: string): string {
  return `prepared/${batchId}`;
}
