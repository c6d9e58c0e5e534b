import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchProcess, readyLine, start } from "./process.ts";
import { download, type Latency, measure, MIB, type Transfer, upload } from "./transfer.ts";

const KEY = "sk-emulator-bench";
const GIB = 1024 * MIB;
const root = join(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "crossbatch-bench-"));

/** Speed and memory of the gateway beside bare servers that do the same work, in one run. No figure is asserted. */
async function main(): Promise<void> {
  const emulator = await start({
    arguments: [
      join(root, "bench/emulator.ts"),
      JSON.stringify({
        apiKeys: [KEY],
        limits: { fileBytes: 4 * GIB, batchInputBytes: 4 * GIB },
        minCharacters: 13_000,
      }),
    ],
    address: readyLine,
  });
  const bare = await start({
    arguments: [join(root, "bench/bare-storage.ts"), emulator.url],
    address: readyLine,
  });
  const proxy = await start({
    arguments: [join(root, "bench/bare-proxy.ts"), emulator.url],
    address: readyLine,
  });
  const gateway = await start({
    arguments: [join(root, "bin/crossbatch.js"), "serve"],
    environment: {
      CROSSBATCH_PORT: "0",
      CROSSBATCH_DATA_DIR: join(folder, "data"),
      CROSSBATCH_LIMITS_FILE_BYTES: String(4 * GIB),
      CROSSBATCH_LOG_FORMAT: "json",
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: emulator.url,
    },
    address: (line) => /http:\/\/[^"\s]+:\d+/.exec(line)?.[0] ?? null,
  });
  console.log(
    `start-up: ${gateway.startMilliseconds.toFixed(0)} ms to the line that says it listens`,
  );
  try {
    const idleMiB = gateway.residentMiB();
    console.log(`idle gateway: ${idleMiB.toFixed(0)} MiB\n`);
    // Both the bench's client and the servers get warm before anything is counted.
    for (const url of [`${emulator.url}/files`, `${bare.url}/files`, `${gateway.url}/v1/files`])
      await upload(url, 32 * MIB, KEY);
    await transfers({ emulator, bare, gateway, idleMiB });
    await results({ emulator, bare, gateway, idleMiB });
    await latencies({ emulator, proxy, gateway });
  } finally {
    for (const each of [gateway, proxy, bare, emulator]) await each.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Servers {
  readonly emulator: BenchProcess;
  readonly bare: BenchProcess;
  readonly gateway: BenchProcess;
  readonly idleMiB: number;
}

async function transfers({ emulator, bare, gateway, idleMiB }: Servers): Promise<void> {
  for (const size of [256 * MIB, 500 * MIB, GIB]) {
    const rows: Row[] = [];
    const direct = await best(() => upload(`${emulator.url}/files`, size, KEY));
    rows.push({ name: "straight to the emulator", transfer: direct, peakMiB: null });
    const plain = await best(() => upload(`${bare.url}/files`, size, KEY));
    rows.push({ name: "bare server: hash, write, fsync, forward", transfer: plain, peakMiB: null });
    gateway.resetPeak();
    const ours = await best(() => upload(`${gateway.url}/v1/files`, size, KEY));
    rows.push({ name: "gateway", transfer: ours, peakMiB: gateway.peakMiB() - idleMiB });
    show(`upload of ${size / MIB} MiB`, rows, plain);

    const id = idOf(ours);
    const down: Row[] = [];
    down.push({
      name: "straight from the emulator",
      transfer: await best(() => download(`${emulator.url}/files/${id}/content`, KEY)),
      peakMiB: null,
    });
    const plainDown = await best(() => download(`${bare.url}/${idOf(plain)}`, KEY));
    down.push({ name: "bare server: from disk", transfer: plainDown, peakMiB: null });
    gateway.resetPeak();
    const oursDown = await best(() => download(`${gateway.url}/v1/files/${id}/content`, KEY));
    down.push({ name: "gateway", transfer: oursDown, peakMiB: gateway.peakMiB() - idleMiB });
    show(`download of ${size / MIB} MiB`, down, plainDown);
  }
}

/** Results of a batch, collected from the provider and then downloaded. */
async function results({ emulator, gateway, idleMiB }: Servers): Promise<void> {
  const lines = 20_000;
  const { default: OpenAI, toFile } = await import("openai");
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY });
  const input = Array.from({ length: lines }, (_, number) =>
    JSON.stringify({
      custom_id: `line-${number}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "gpt-4o-mini", messages: [{ role: "user", content: `Question ${number}` }] },
    }),
  ).join("\n");
  const file = await client.files.create({
    file: await toFile(Buffer.from(input), "lines.jsonl"),
    purpose: "batch",
  });
  gateway.resetPeak();
  let batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  let finalizingAt = performance.now();
  while (batch.status !== "completed") {
    if (batch.status === "validating" || batch.status === "in_progress")
      finalizingAt = performance.now();
    if (batch.status === "failed") throw new Error(JSON.stringify(batch.errors));
    await new Promise((resolve) => setTimeout(resolve, 100));
    batch = await client.batches.retrieve(batch.id);
  }
  const collected = (performance.now() - finalizingAt) / 1_000;
  const collectPeak = gateway.peakMiB() - idleMiB;
  const id = String(batch.output_file_id);
  const direct = await best(() => download(`${emulator.url}/files/${id}/content`, KEY));
  gateway.resetPeak();
  const ours = await best(() => download(`${gateway.url}/v1/files/${id}/content`, KEY));
  console.log(
    `results of ${lines.toLocaleString("en")} lines, ${(ours.bytes / MIB).toFixed(0)} MiB: collected and checked in at most ${collected.toFixed(1)} s, peak +${collectPeak.toFixed(0)} MiB`,
  );
  show(
    "their download",
    [
      { name: "straight from the emulator", transfer: direct, peakMiB: null },
      { name: "gateway", transfer: ours, peakMiB: gateway.peakMiB() - idleMiB },
    ],
    direct,
  );
  batchId = batch.id;
}

let batchId = "";

async function latencies({
  emulator,
  proxy,
  gateway,
}: {
  readonly emulator: BenchProcess;
  readonly proxy: BenchProcess;
  readonly gateway: BenchProcess;
}): Promise<void> {
  const calls = [
    { name: "batches.retrieve", path: `/batches/${batchId}` },
    { name: "files.list (20)", path: "/files?limit=20" },
  ];
  for (const { name, path } of calls) {
    for (const clients of [1, 32]) {
      const load = { key: KEY, clients, requests: 4_000 };
      const places = {
        emulator: emulator.url + path,
        "bare Fastify + undici proxy": proxy.url + path,
        gateway: `${gateway.url}/v1${path}`,
      };
      const figures = new Map<string, Latency>();
      for (const [place, url] of Object.entries(places)) {
        await measure(url, { ...load, requests: 500 });
        figures.set(place, await measure(url, load));
      }
      const base = figures.get("bare Fastify + undici proxy")?.p50 ?? Number.NaN;
      console.log(`${name}, ${clients} ${clients === 1 ? "client" : "clients"}`);
      for (const [place, { p50, p99, perSecond, errors }] of figures) {
        console.log(
          `  ${place.padEnd(42)} p50 ${p50.toFixed(2).padStart(6)} ms  p99 ${p99.toFixed(2).padStart(7)} ms  ${perSecond.toFixed(0).padStart(6)}/s  ${(p50 / base).toFixed(2)} × the proxy's p50${errors > 0 ? `  ${errors} errors` : ""}`,
        );
      }
      console.log("");
    }
  }
  const crowd = await measure(`${gateway.url}/v1/batches/${batchId}`, {
    key: KEY,
    clients: 1_000,
    requests: 20_000,
  });
  console.log(
    `1,000 clients polling at once, 20,000 requests: ${crowd.errors} errors, p50 ${crowd.p50.toFixed(0)} ms, ${crowd.perSecond.toFixed(0)}/s`,
  );
}

interface Row {
  readonly name: string;
  readonly transfer: Transfer;
  readonly peakMiB: number | null;
}

/** The best of three: what the machine does beside it only makes things slower. */
async function best(run: () => Promise<Transfer>): Promise<Transfer> {
  const runs = [await run(), await run(), await run()];
  return runs.reduce((left, right) => (right.seconds < left.seconds ? right : left));
}

function show(title: string, rows: readonly Row[], base: Transfer): void {
  console.log(title);
  for (const { name, transfer, peakMiB } of rows) {
    const speed = transfer.bytes / MIB / transfer.seconds;
    const ratio = speed / (base.bytes / MIB / base.seconds);
    const peak = peakMiB === null ? "" : `  peak +${peakMiB.toFixed(0)} MiB`;
    console.log(
      `  ${name.padEnd(42)} ${speed.toFixed(0).padStart(6)} MiB/s  ${ratio.toFixed(2)} ×${peak}`,
    );
  }
  console.log("");
}

function idOf(transfer: Transfer): string {
  return (JSON.parse(transfer.body) as { readonly id: string }).id;
}

await main();
