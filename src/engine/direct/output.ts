import { createHash } from "node:crypto";
import type { RawResult } from "../../core/batch.ts";
import type { BlobStore } from "../../core/blobs.ts";
import { readLine } from "../../formats/line-fields.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";
import type { DirectContext, DirectRun } from "./context.ts";
import type { Segment } from "./segments.ts";

/** All results in one blob, each line's first one; null if there are none. It is durable before any segment goes. */
export async function joinSegments(
  blobs: BlobStore,
  { partId, segments, lines }: Join,
  signal: AbortSignal,
): Promise<RawResult | null> {
  const blob = keyOf(partId);
  const seen = new Uint8Array((lines >> 3) + 1);
  let written = 0;
  async function* results(): AsyncGenerator<Uint8Array> {
    for (const { key } of segments) {
      let isHead = true;
      let kept: Buffer[] = [];
      const splitter = endless((line) => {
        const result = isHead ? null : newResult(line, seen);
        isHead = false;
        if (result === null) return;
        written += 1;
        kept.push(Buffer.concat([result, NEWLINE]));
      });
      for await (const chunk of await blobs.open(key, signal)) {
        splitter.push(chunk);
        if (kept.length > 0) yield Buffer.concat(kept);
        kept = [];
      }
    }
  }
  const stored = await blobs.put(blob, results(), signal);
  if (written > 0) return { role: "output", blob, ...stored, lines: written, nativeId: null };
  await blobs.delete(blob, signal);
  return null;
}

interface Join {
  readonly partId: string;
  readonly segments: readonly Segment[];
  /** No line has this number or a higher one. */
  readonly lines: number;
}

/** Null for a line that had one: two processes may have run it, of which one had lost its turn. */
function newResult(line: Buffer, seen: Uint8Array): Buffer | null {
  const space = line.indexOf(" ");
  const number = Number(line.toString("latin1", 0, space));
  const byte = seen[number >> 3] ?? 0;
  const bit = 1 << (number & 7);
  if ((byte & bit) !== 0) return null;
  seen[number >> 3] = byte | bit;
  return line.subarray(space + 1);
}

/** What an earlier step joined before it was killed; null if none came so far. */
export async function findOutput(
  { blobs }: Pick<DirectContext, "blobs">,
  { partId, format }: DirectRun,
  signal: AbortSignal,
): Promise<{ readonly output: RawResult; readonly failed: number } | null> {
  const blob = keyOf(partId);
  const info = await blobs.stat(blob, signal);
  if (info === null) return null;
  const hash = createHash("sha256");
  let lines = 0;
  let failed = 0;
  const splitter = endless((line) => {
    lines += 1;
    const { outcome } = format.resultLine.parse(readLine(line.toString("utf8")), lines);
    if (outcome.kind !== "succeeded") failed += 1;
  });
  for await (const chunk of await blobs.open(
    { key: blob, bytes: info.bytes, sha256: null },
    signal,
  )) {
    if (!(chunk instanceof Uint8Array)) continue;
    hash.update(chunk);
    splitter.push(chunk);
  }
  const stored = { bytes: info.bytes, sha256: hash.digest("hex") };
  return { output: { role: "output", blob, ...stored, lines, nativeId: null }, failed };
}

/** Lines that we wrote ourselves are as long as they are. */
function endless(onLine: (line: Buffer) => void): LineSplitter {
  return new LineSplitter(onLine, Number.POSITIVE_INFINITY);
}

function keyOf(partId: string): string {
  return `results/${partId}/raw-output`;
}

const NEWLINE = Buffer.from("\n");
