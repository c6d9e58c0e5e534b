import { z } from "zod";
import type { BlobStore } from "../../core/blobs.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";
import type { Segment } from "./segments.ts";

const place = z.strictObject({
  /** Counts from 1, as `LineSplitter` does. */
  line: z.number(),
  /** Of a byte in that line, or of its first. */
  offset: z.number(),
});

const openLine = z.strictObject({
  line: z.number(),
  /** Where to begin reading to come to it. */
  from: place,
  /** How often it was answered with an error that may pass. */
  attempts: z.number(),
});

const checkpoint = z.strictObject({
  /** The first line that nobody has begun. */
  next: z.number(),
  from: place,
  /** Of the lines before `next` those without a durable result. */
  open: z.array(openLine),
  completed: z.number(),
  failed: z.number(),
  /** What the provider last bore; null: nobody knows. */
  concurrency: z.number().nullable(),
  /** Milliseconds since the epoch. */
  pausedUntil: z.number(),
});

/**
 * How far a run is: true as soon as the segment that it heads is durable, and all that a later step needs to know. Its size
 * depends on how many lines run at once, not on how many there are.
 */
export type Checkpoint = z.infer<typeof checkpoint>;
export type Place = z.infer<typeof place>;
export type OpenLine = z.infer<typeof openLine>;

const NOTHING_DONE: Checkpoint = {
  next: 1,
  from: { line: 1, offset: 0 },
  open: [],
  completed: 0,
  failed: 0,
  concurrency: null,
  pausedUntil: 0,
};

/** How far a run is by its last segment; the others aren't looked at. */
export async function readCheckpoint(
  blobs: BlobStore,
  last: Segment | null,
  signal: AbortSignal,
): Promise<Checkpoint> {
  if (last === null) return NOTHING_DONE;
  let head: string | null = null;
  const splitter = new LineSplitter((line) => {
    head ??= line.toString("utf8");
  }, Number.POSITIVE_INFINITY);
  for await (const chunk of await blobs.open(last.key, signal)) {
    splitter.push(chunk);
    // Leaving the loop closes the blob.
    if (head !== null) break;
  }
  return checkpoint.parse(JSON.parse(head ?? ""));
}
