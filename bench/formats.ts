import { spawnSync } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { requestMap, resultMap } from "../src/formats/formats.ts";
import { translate } from "../src/formats/translate.ts";
import { requestLines, resultLines } from "./format-lines.ts";
import { mapOptions, SIDES, sideOf } from "./format-sides.ts";
import type { Memory, Speeds, Task } from "./format-worker.ts";

const MIB = 1024 * 1024;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    every: { type: "boolean", default: false },
    kind: { type: "string" },
  },
});
const size = values.quick
  ? { bytes: 16_000_000, rounds: 2, streamBytes: 128 * MIB }
  : { bytes: 200_000_000, rounds: 3, streamBytes: 1024 * MIB };
const folder = await mkdtemp(join(tmpdir(), "crossbatch-formats-"));

/**
 * Speed of translation beside plain `JSON.parse` and `JSON.stringify` of the same lines in the same process, of passing through
 * beside copying, and the peak of memory over a long stream: from OpenAI's to each other format, and back.
 * `node bench/formats.ts anthropic` takes only that one, `--every` every pair there is. No figure is asserted.
 */
async function main(): Promise<void> {
  const names = Object.keys(SIDES).filter((name) => name !== HOME);
  const others = positionals.length > 0 ? positionals : names;
  const pairs: readonly Pair[] = values.every
    ? everyPair()
    : [[HOME, HOME], ...others.flatMap(withHome)];
  console.log(
    `Files of ${size.bytes / 1_000_000} MB, memory over ${size.streamBytes / MIB} MiB, time of all threads. Plain is parse and print of strings, plain stream the same from bytes to bytes.\n`,
  );
  console.log(
    "| | from → to | × plain | × plain stream | × copy | MB/s | lines/s | idle MiB | peak MiB |",
  );
  console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const kind of ["requests", "results"] as const) {
    if (values.kind !== undefined && values.kind !== kind) continue;
    for (const [from, to] of pairs) {
      const file = await prepare(kind, from);
      const task = { kind, from, to, file, rounds: size.rounds, isMixed: from !== to };
      console.log(row(task));
      if (from === to) console.log(row({ ...task, isMixed: true }));
    }
  }
}

/** The format that every other is measured to and from. */
const HOME = "openai";

type Pair = readonly [from: string, to: string];

function withHome(name: string): readonly Pair[] {
  return [
    [HOME, name],
    [name, HOME],
  ];
}

function everyPair(): readonly Pair[] {
  const names = Object.keys(SIDES);
  return names.flatMap((from) => names.map((to): Pair => [from, to]));
}

function row(task: Task): string {
  const { bytes, lines, plain, plainStream, copy, translated } = run(task) as Speeds;
  const { idleMiB, peakMiB } = run({ ...task, streamBytes: size.streamBytes }) as Memory;
  const isCopied = task.from === task.to && !task.isMixed;
  const how = isCopied ? ", passed through" : task.from === task.to ? ", looked at" : "";
  const times = (other: number) => (translated / other).toFixed(2);
  const cells = [
    task.kind,
    `${task.from} → ${task.to}${how}`,
    ...(isCopied ? ["", "", times(copy)] : [times(plain), times(plainStream), ""]),
    Math.round(translated / 1_000_000).toLocaleString("en"),
    Math.round((translated * lines) / bytes).toLocaleString("en"),
    idleMiB.toFixed(0),
    peakMiB.toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

function run(task: Task): unknown {
  const worker = join(import.meta.dirname, "format-worker.ts");
  const { stdout, status } = spawnSync(process.execPath, [worker, JSON.stringify(task)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${task.from} → ${task.to} failed`);
  return JSON.parse(stdout);
}

/** OpenAI's lines are made, the others' are what they become. */
async function prepare(kind: Task["kind"], name: string): Promise<string> {
  const file = join(folder, `${kind}-${name}.jsonl`);
  if (existsSync(file)) return file;
  const lines = kind === "requests" ? requestLines(size.bytes) : resultLines(size.bytes);
  const from = sideOf(HOME);
  const to = sideOf(name);
  const options = mapOptions(to, { hasMixedLines: true });
  const map = kind === "requests" ? requestMap(from, to, options) : resultMap(from, to, options);
  if (map === null) throw new Error("lines that may be mixed are always looked at");
  await pipeline(translate(toChunks(lines), map), createWriteStream(file));
  return file;
}

async function* toChunks(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < 64 * 1024) continue;
    yield await Promise.resolve(Buffer.from(text));
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

try {
  await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}
