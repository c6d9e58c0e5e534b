import { isAscii, isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import type { LineError } from "../core/lines.ts";
import type { LineMap, MappedLine } from "../core/translation.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { invalidLine } from "./line-errors.ts";
import { LineOutput } from "./line-output.ts";
import { type LiftedLine, liftTexts } from "./long-texts.ts";

/** A request line that isn't sent. */
export interface FailedLine {
  readonly line: number;
  readonly customId: string | null;
  readonly error: LineError;
}

export interface TranslateOptions {
  readonly maxLineBytes?: number;
  readonly signal?: AbortSignal;
  /** For each request line that can't be sent, in order; results never fail. */
  readonly onFailed?: (failed: FailedLine) => void;
}

const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** So much is mapped between two looks at the clock. */
const SLICE_BYTES = 16 * 1024;
/** After a line whose texts had to be seen, so many are taken as they are. */
const WHOLE_LINES = 16;
/** After so much work without a pause, everybody else gets a turn. */
const TURN_MILLISECONDS = 10;

/**
 * Maps the lines of a stream: chunks in, chunks out, one for each, and only when asked for the next. What a line
 * holds never makes it throw. Aborts between chunks.
 */
export function translate(
  chunks: AsyncIterable<Uint8Array>,
  map: LineMap,
  options: TranslateOptions = {},
): AsyncGenerator<Uint8Array> {
  const output = new LineOutput();
  return run(chunks, {
    map,
    options,
    add(mapped, line, lifted) {
      if (mapped.kind === "failed") {
        options.onFailed?.({ line, customId: mapped.customId, error: mapped.error });
      } else for (const text of mapped.lines) output.add(text, lifted);
    },
    isFull: () => output.isFull,
    isEmpty: () => output.isEmpty,
    take: () => output.take(),
  });
}

interface Work<Made> {
  readonly map: LineMap;
  readonly options: TranslateOptions;
  /** Takes what became of a line. */
  readonly add: (mapped: MappedLine, line: number, lifted: LiftedLine | null) => void;
  /** Enough was made that it should be taken, whatever else comes. */
  readonly isFull: () => boolean;
  readonly isEmpty: () => boolean;
  readonly take: () => Made;
}

/** Drives a map over a stream, with pauses in which everybody else gets a turn. */
export async function* run<Made>(
  chunks: AsyncIterable<Uint8Array>,
  work: Work<Made>,
): AsyncGenerator<Made> {
  const { map, add } = work;
  const { signal, maxLineBytes = MAX_LINE_BYTES } = work.options;
  let wholeUntil = 0;
  const splitter = new LineSplitter(
    (line, { number }) => {
      const lifted = number < wholeUntil ? null : liftTexts(line);
      const mapped = lifted === null ? null : map.mapLifted?.(lifted.text, number);
      if (mapped) return add(mapped, number, lifted);
      // What had to be seen in one line will have to be in the next ones.
      if (lifted !== null) wholeUntil = number + WHOLE_LINES;
      add(mapBytes(line, number, map), number, null);
    },
    maxLineBytes,
    (number, head) => {
      const message = `the line is longer than ${maxLineBytes} bytes`;
      const error = { ...invalidLine(message, number), status: 413, type: "too_large" } as const;
      add(map.reject(number, error, head), number, null);
    },
  );
  let busyMilliseconds = 0;
  for await (const chunk of chunks) {
    for (const slice of slices(chunk)) {
      signal?.throwIfAborted();
      const startedAt = performance.now();
      splitter.push(slice);
      busyMilliseconds += performance.now() - startedAt;
      // A chunk may be a whole file; what comes of it isn't kept.
      if (work.isFull()) yield work.take();
      if (busyMilliseconds < TURN_MILLISECONDS) continue;
      await setImmediate();
      busyMilliseconds = 0;
    }
    if (!work.isEmpty()) yield work.take();
  }
  signal?.throwIfAborted();
  splitter.end();
  for (const mapped of map.end()) add(mapped, 0, null);
  if (!work.isEmpty()) yield work.take();
}

function mapBytes(line: Buffer, number: number, map: LineMap): MappedLine {
  // Most lines are, and that's cheaper to find out and to read.
  if (isAscii(line)) return map.map(line.toString("latin1"), number);
  if (isUtf8(line)) return map.map(line.toString("utf8"), number);
  return map.reject(number, invalidLine("the line is not valid UTF-8", number), line);
}

/** Cut at ends of lines, so that none has to be put together again. */
function* slices(chunk: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < chunk.length) {
    const newline = chunk.indexOf(NEWLINE, start + SLICE_BYTES);
    const end = newline === -1 ? chunk.length : newline + 1;
    yield chunk.subarray(start, end);
    start = end;
  }
}

const NEWLINE = 0x0a;
