import { createReadStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { LineMap } from "../src/core/translation.ts";
import { requestMap, resultMap } from "../src/formats/formats.ts";
import { translate } from "../src/formats/translate.ts";
import { keepHeapSmall, noteTransfer } from "../src/lib/buffer-pressure.ts";
import { mapOptions, sideOf } from "./format-sides.ts";

const MIB = 1024 * 1024;

/** What one process is to measure, as JSON in its first argument. */
export interface Task {
  readonly kind: "requests" | "results";
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly rounds: number;
  /** Whether lines of other formats may be among them: then even lines of the same format are looked at. */
  readonly isMixed: boolean;
  /** Instead of the speed: how much memory a stream of so many bytes takes. */
  readonly streamBytes?: number;
}

/** In bytes of input per second of the processor's time, garbage collection on other threads included. */
export interface Speeds {
  readonly bytes: number;
  readonly lines: number;
  /** `JSON.parse` and `JSON.stringify` of lines that are strings already. */
  readonly plain: number;
  /** The same from bytes to bytes. */
  readonly plainStream: number;
  /** Chunks handed on one by one. */
  readonly copy: number;
  readonly translated: number;
}

/** Resident, of the whole process. */
export interface Memory {
  readonly idleMiB: number;
  readonly peakMiB: number;
}

const CHUNK_BYTES = 64 * 1024;
const SEGMENT_BYTES = 8 * 1024 * 1024;

function main(task: Task): Promise<Speeds | Memory> {
  return task.streamBytes === undefined ? measureSpeed(task) : measureMemory(task);
}

/** null: the stream passes as it is. */
function createMap({ kind, from, to, isMixed }: Task): LineMap | null {
  const source = sideOf(from);
  // Lines of the same format pass as they are where nobody wants another model.
  const target = { ...sideOf(to), ...(isMixed ? {} : { model: null }) };
  const options = mapOptions(target, { hasMixedLines: isMixed });
  return kind === "requests"
    ? requestMap(source, target, options)
    : resultMap(source, target, options);
}

async function measureSpeed(task: Task): Promise<Speeds> {
  const segments = cutAtLines(await readFile(task.file));
  const sums = { plain: 0, plainStream: 0, copy: 0, translated: 0 };
  // The engine's compilers have had their time before anything counts.
  for (const segment of segments.slice(0, 4)) await measureSegment(segment, task);
  for (const segment of segments) {
    const best = { plain: Infinity, plainStream: Infinity, copy: Infinity, translated: Infinity };
    for (let round = 0; round < task.rounds; round += 1) {
      const spent = await measureSegment(segment, task);
      for (const key of KEYS) best[key] = Math.min(best[key], spent[key]);
    }
    for (const key of KEYS) sums[key] += best[key];
  }
  const bytes = segments.reduce((sum, segment) => sum + segment.length, 0);
  const lines = segments.reduce((sum, segment) => sum + countLines(segment), 0);
  const [plain, plainStream, copy, translated] = KEYS.map((key) => bytes / sums[key]);
  if (plain === undefined || plainStream === undefined) throw new Error("nothing was measured");
  if (copy === undefined || translated === undefined) throw new Error("nothing was measured");
  return { bytes, lines, plain, plainStream, copy, translated };
}

const KEYS = ["plain", "plainStream", "copy", "translated"] as const;

/** In seconds, one after the other, so that what else the machine does falls on all alike. */
async function measureSegment(segment: Buffer, task: Task) {
  const strings = segment
    .toString("latin1")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Buffer.from(line, "latin1").toString("utf8"));
  const startedAt = cpuSeconds();
  for (const string of strings) JSON.stringify(JSON.parse(string));
  const plain = cpuSeconds() - startedAt;
  const chunks = cut(segment);
  return {
    plain,
    plainStream: await seconds(chunks, plainMap),
    copy: await seconds(chunks, null),
    translated: await seconds(chunks, createMap(task)),
  };
}

const plainMap: LineMap = {
  map: (text) => ({ kind: "lines", lines: [JSON.stringify(JSON.parse(text))] }),
  reject: () => ({ kind: "lines", lines: [] }),
  end: () => [],
  report: () => ({ lines: 0, failedLines: 0, usage: null, warnings: [], errors: [] }),
};

async function seconds(chunks: readonly Uint8Array[], map: LineMap | null): Promise<number> {
  const startedAt = cpuSeconds();
  const source = each(chunks);
  let written = 0;
  for await (const chunk of passed(source, map)) written += chunk.length;
  if (written === 0) throw new Error("nothing was written");
  if (map !== null && map.report().failedLines > 0) throw new Error("lines failed");
  return cpuSeconds() - startedAt;
}

function passed(source: AsyncIterable<Uint8Array>, map: LineMap | null): AsyncIterable<Uint8Array> {
  return map === null ? source : translate(source, map, { onFailed: fail });
}

function fail(failed: object): never {
  throw new Error(JSON.stringify(failed));
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

function cut(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
  return chunks;
}

function cutAtLines(bytes: Buffer): Buffer[] {
  const segments: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf("\n", start + SEGMENT_BYTES);
    const end = newline === -1 ? bytes.length : newline + 1;
    segments.push(bytes.subarray(start, end));
    start = end;
  }
  return segments;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf("\n"); at !== -1; at = bytes.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

async function measureMemory(task: Task): Promise<Memory> {
  // As the gateway does when it starts, with half of its young generation, for there is nothing beside the lines.
  keepHeapSmall(8 * MIB);
  const idleMiB = statusMiB("VmRSS");
  const source = readAgain(task.file, task.streamBytes ?? 0);
  for await (const chunk of passed(source, createMap(task))) {
    if (chunk.length === 0) throw new Error("an empty chunk");
  }
  return { idleMiB, peakMiB: statusMiB("VmHWM") };
}

async function* readAgain(file: string, bytes: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  while (read < bytes) {
    for await (const chunk of createReadStream(file)) {
      if (!(chunk instanceof Uint8Array)) continue;
      yield chunk;
      read += chunk.length;
      // As whoever reads blobs does.
      noteTransfer(chunk.length);
    }
  }
}

function statusMiB(field: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
}

const [task = "{}"] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await main(JSON.parse(task) as Task)));
