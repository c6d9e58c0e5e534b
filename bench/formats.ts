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
    megabytes: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
    kind: { type: "string" },
    memory: { type: "boolean", default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), "crossbatch-formats-"));

/**
 * Speed of every pair of formats beside plain `JSON.parse` and `JSON.stringify` of the same lines in the same process, and
 * the memory of streams of 1 GiB. `node bench/formats.ts openai anthropic` takes only these. No figure is asserted.
 */
async function main(): Promise<void> {
  const names = positionals.length > 0 ? positionals : Object.keys(SIDES);
  for (const kind of ["requests", "results"] as const) {
    if (values.kind !== undefined && values.kind !== kind) continue;
    const tasks: Task[] = [];
    for (const from of names) {
      const file = await prepare(kind, from);
      for (const to of names) tasks.push({ kind, from, to, file, rounds: Number(values.rounds) });
    }
    if (!values.memory) speeds(kind, tasks);
    memory(kind, tasks);
  }
}

function speeds(kind: Task["kind"], tasks: readonly Task[]): void {
  console.log(
    `${kind}, one processor; × is the ratio to plain, and to plain from bytes to bytes\n`,
  );
  console.log("| from → to | MB/s | lines/s | plain | × | plain stream | × | copy |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const task of tasks) {
    const { bytes, lines, plain, plainStream, copy, translated } = run(task) as Speeds;
    const cells = [
      `${task.from} → ${task.to}`,
      megabytes(translated),
      Math.round((translated * lines) / bytes).toLocaleString("en"),
      megabytes(plain),
      (translated / plain).toFixed(2),
      megabytes(plainStream),
      (translated / plainStream).toFixed(2),
      megabytes(copy),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("");
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1_000_000).toLocaleString("en");
}

/** As a process starts, and with a small young generation. */
const FLAGS = [[], ["--max-semi-space-size=4"]];

function memory(kind: Task["kind"], tasks: readonly Task[]): void {
  console.log(`${kind}, 1 GiB: resident memory idle and at its peak, in MiB\n`);
  console.log("| from → to | idle | peak | peak with --max-semi-space-size=4 |");
  console.log("| --- | ---: | ---: | ---: |");
  const [first] = tasks;
  for (const task of tasks.filter(({ from, to }) => from !== to && from === first?.from)) {
    const [usual, small] = FLAGS.map((flags) =>
      run({ ...task, streamBytes: 1024 * MIB }, flags),
    ) as readonly Memory[];
    const cells = [usual?.idleMiB, usual?.peakMiB, small?.peakMiB].map((mib) => mib?.toFixed(0));
    console.log(`| ${task.from} → ${task.to} | ${cells.join(" | ")} |`);
  }
  console.log("");
}

function run(task: Task, flags: readonly string[] = []): unknown {
  const worker = join(import.meta.dirname, "format-worker.ts");
  const { stdout, status } = spawnSync(process.execPath, [...flags, worker, JSON.stringify(task)], {
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
  const bytes = Number(values.megabytes) * 1_000_000;
  const lines = kind === "requests" ? requestLines(bytes) : resultLines(bytes);
  const from = sideOf("openai");
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
