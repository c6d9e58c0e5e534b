import type { BlobStore } from "../../core/blobs.ts";
import type { LineResult } from "./run-line.ts";
import type { DirectLine } from "./worklist.ts";

/**
 * What one write made durable: a checkpoint, then result lines with their line's number before each. Its key carries the step's
 * own id: a process that lost its turn, and writes all the same, overwrites nothing.
 */
export interface Segment {
  readonly key: string;
  readonly number: number;
}

export interface EndedLine {
  readonly line: DirectLine;
  readonly result: LineResult;
}

export function segmentAt(partId: string, number: number, stepId: string): Segment {
  return { key: `${prefixOf(partId)}${number}-${stepId}`, number };
}

export async function* segmentBytes(
  head: string,
  ended: readonly EndedLine[],
): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(`${head}\n`));
  for (const { line, result } of ended) yield Buffer.from(`${line.line} ${result.text}\n`);
}

/** In the order in which they were written. */
export async function listSegments(
  { blobs }: { readonly blobs: BlobStore },
  partId: string,
  signal: AbortSignal,
): Promise<readonly Segment[]> {
  const prefix = prefixOf(partId);
  const segments: Segment[] = [];
  for await (const { key } of blobs.list(prefix, signal)) {
    const number = Number.parseInt(key.slice(prefix.length), 10);
    segments.push({ key, number });
  }
  return segments.toSorted(
    (one, other) => one.number - other.number || (one.key < other.key ? -1 : 1),
  );
}

export async function deleteSegments(
  context: { readonly blobs: BlobStore },
  partId: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { key } of await listSegments(context, partId, signal)) {
    await context.blobs.delete(key, signal);
  }
}

function prefixOf(partId: string): string {
  return `results/${partId}/direct-`;
}
