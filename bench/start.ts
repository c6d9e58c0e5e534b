import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { type BenchProcess, readyLine, start } from "./process.ts";

const KEY = "sk-emulator-bench";
const ROUNDS = 7;
const BATCHES = 200;
const root = join(import.meta.dirname, "..");

/** How long an embedded gateway takes to its first answer: on an empty folder, after a stop, and after SIGKILL amid work. */
async function main(): Promise<void> {
  const emulator = await start({
    arguments: [join(root, "bench/emulator.ts"), JSON.stringify({ apiKeys: [KEY] })],
    address: readyLine,
  });
  const empty: number[] = [];
  const stopped: number[] = [];
  const killed: number[] = [];
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-bench-"));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const data = join(folder, `data-${round}`);
      const first = await firstAnswer(data, emulator.url);
      empty.push(first.milliseconds);
      await busy(first.gateway);
      await first.gateway.kill();
      const second = await firstAnswer(data, emulator.url);
      killed.push(second.milliseconds);
      await second.gateway.stop();
      const third = await firstAnswer(data, emulator.url);
      stopped.push(third.milliseconds);
      await third.gateway.stop();
    }
  } finally {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`to the first answer, median of ${ROUNDS}, ${BATCHES} batches in the folder:`);
  console.log(`  empty folder         ${median(empty).toFixed(0)} ms`);
  console.log(`  after a stop         ${median(stopped).toFixed(0)} ms`);
  console.log(`  after SIGKILL        ${median(killed).toFixed(0)} ms`);
}

async function firstAnswer(
  data: string,
  upstream: string,
): Promise<{ readonly gateway: BenchProcess; readonly milliseconds: number }> {
  const startedAt = performance.now();
  const gateway = await start({
    arguments: [join(root, "bin/crossbatch.js"), "serve"],
    environment: {
      CROSSBATCH_PORT: "0",
      CROSSBATCH_DATA_DIR: data,
      CROSSBATCH_LOG_FORMAT: "json",
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: upstream,
    },
    address: (line) => /http:\/\/[^"\s]+:\d+/.exec(line)?.[0] ?? null,
  });
  await client(gateway).files.list({ limit: 1 });
  return { gateway, milliseconds: performance.now() - startedAt };
}

function client({ url }: BenchProcess): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY });
}

/** Batches in every phase, and uploads that are on their way. */
async function busy(gateway: BenchProcess): Promise<void> {
  const { files, batches } = client(gateway);
  const lines = Array.from({ length: 20 }, (_, number) =>
    JSON.stringify({
      custom_id: `line-${number}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] },
    }),
  ).join("\n");
  const upload = async () =>
    files.create({ purpose: "batch", file: await toFile(Buffer.from(lines), "lines.jsonl") });
  const { id } = await upload();
  const create = () =>
    batches.create({
      input_file_id: id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
  for (let made = 0; made < BATCHES; made += 20)
    await Promise.all(Array.from({ length: 20 }, create));
  // Not waited for: the kill comes amid them.
  for (let sent = 0; sent < 8; sent += 1) {
    void upload().catch(() => undefined);
    void create().catch(() => undefined);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await main();
