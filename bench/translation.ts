import { execFile } from "node:child_process";
import { createWriteStream, readdirSync, statSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs, promisify } from "node:util";
import OpenAI from "openai";
import { z } from "zod";
import { sendCommand } from "../src/emulators/control-routes.ts";
import { requestLines } from "./format-lines.ts";
import { type BenchProcess, readyLine, start } from "./process.ts";
import { download, MIB, text } from "./transfer.ts";

const KEY = "sk-emulator-bench";
const root = join(import.meta.dirname, "..");
const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    mib: { type: "string", default: "256,1024" },
    rounds: { type: "string", default: "3" },
    lines: { type: "string", default: "100000" },
    providers: { type: "string", default: "gemini,openai" },
    /** Of one request's question, in characters. */
    characters: { type: "string", default: "0" },
  },
});
const rounds = Number(values.rounds);
const folder = await mkdtemp(join(tmpdir(), "crossbatch-bench-"));

const MODELS = {
  anthropic: "claude-haiku-4-5-20251001",
  gemini: "gemini-2.5-flash",
  bedrock: "anthropic.claude-haiku-4-5-20251001-v1:0",
} as const;
type Target = keyof typeof MODELS;

const urlsSchema = z.object({
  openai: z.string(),
  anthropic: z.string(),
  gemini: z.string(),
  s3: z.string(),
  bedrock: z.string(),
});

/** Uploads, creates and results with translation, beside the translation alone in the same run. No figure is asserted. */
async function main(): Promise<void> {
  const emulators = await start({
    arguments: [join(root, "bench/world.ts"), KEY, "2500"],
    address: readyLine,
  });
  const urls = urlsSchema.parse(JSON.parse(emulators.url));
  const sizes = values.mib.split(",").map(Number).filter(Boolean);
  const counts = values.lines.split(",").map(Number).filter(Boolean);
  try {
    for (const mib of sizes) {
      for (const target of ["gemini", "bedrock", "anthropic"] as const) {
        const work = { mib, provider: urls.anthropic };
        await withGateway(urls, async (ours) => inbound(ours, target, work));
      }
    }
    for (const lines of counts) {
      for (const provider of values.providers.split(",")) {
        await withGateway(urls, async (ours) => outbound(ours, provider, lines));
      }
    }
  } finally {
    await emulators.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each has a gateway of its own: what one left in memory isn't counted to the next. */
async function withGateway(
  urls: z.infer<typeof urlsSchema>,
  measure: (ours: Ours) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(folder, "data-"));
  const gateway = await start({
    arguments: [join(root, "bin/crossbatch.js"), "serve"],
    environment: {
      CROSSBATCH_PORT: "0",
      // As in the image.
      MALLOC_ARENA_MAX: "2",
      CROSSBATCH_DATA_DIR: dataDir,
      CROSSBATCH_LIMITS_FILE_BYTES: String(4 * 1024 * MIB),
      CROSSBATCH_LIMITS_HAND_OVER_SECONDS: "120",
      CROSSBATCH_POLL_SECONDS: "0.5",
      CROSSBATCH_LOG_FORMAT: "json",
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: urls.openai,
      ANTHROPIC_API_KEY: KEY,
      ANTHROPIC_BASE_URL: urls.anthropic,
      GEMINI_API_KEY: KEY,
      GOOGLE_GEMINI_BASE_URL: urls.gemini,
      AWS_ACCESS_KEY_ID: "bench",
      AWS_SECRET_ACCESS_KEY: "bench-secret",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_S3: urls.s3,
      AWS_ENDPOINT_URL_BEDROCK: urls.bedrock,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: urls.bedrock,
      CROSSBATCH_BEDROCK_S3_URI: "s3://bench/jobs",
      CROSSBATCH_BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/crossbatch",
    },
    address: (line) => /http:\/\/[^"\s]+:\d+/.exec(line)?.[0] ?? null,
  });
  try {
    const idleMiB = gateway.residentMiB();
    console.log(`idle gateway: ${idleMiB.toFixed(0)} MiB`);
    await measure({ gateway, idleMiB, dataDir });
  } finally {
    await gateway.stop();
    await rm(dataDir, { recursive: true });
  }
}

interface Ours {
  readonly gateway: BenchProcess;
  readonly idleMiB: number;
  readonly dataDir: string;
}

/** An upload whose copy goes to the provider in its own format; where none is made, the create that brings the lines there. */
async function inbound(
  { gateway, idleMiB }: Ours,
  target: Target,
  { mib, provider }: { readonly mib: number; readonly provider: string },
): Promise<void> {
  const setSpeed = (speed: number | "instant") =>
    sendCommand(new URL("/_control", provider).href, "setSpeed", speed);
  const path = join(folder, `${target}-${mib}.jsonl`);
  await writeLines(path, MODELS[target], mib * MIB);
  const bytes = statSync(path).size;
  const client = new OpenAI({ baseURL: `${gateway.url}/openai`, apiKey: KEY, timeout: 600_000 });
  const alone: number[] = [];
  const ours: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await translationAlone([path, "requests", "openai", target, MODELS[target]]));
  }
  // One after the other: memory that a round leaves to the system is taken again by the next one before it can cost anything.
  for (let round = 0; round < rounds; round += 1) {
    gateway.resetPeak();
    const uploaded = await uploadFile(
      gateway.url,
      path,
      target === "anthropic" ? "openai" : target,
    );
    peaks[round] = gateway.peakMiB() - idleMiB;
    if (target !== "anthropic") {
      ours.push(uploaded.seconds);
      await client.files.delete(uploaded.id);
      continue;
    }
    const named = { provider: target };
    // A provider runs lines on machines of its own.
    await setSpeed(0);
    const startedAt = performance.now();
    const batch = await client.batches.create({
      input_file_id: uploaded.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      ...named,
    });
    while ((await client.batches.retrieve(batch.id)).status === "validating") await pause(50);
    ours.push((performance.now() - startedAt) / 1_000);
    await client.batches.cancel(batch.id).catch(() => undefined);
    peaks[round] = gateway.peakMiB() - idleMiB;
    await setSpeed("instant");
    // What is collected of it would take its time from the next round.
    const ends = ["cancelled", "completed", "failed"];
    while (!ends.includes((await client.batches.retrieve(batch.id)).status)) await pause(200);
    await client.files.delete(uploaded.id);
  }
  const what = target === "anthropic" ? "create with" : "upload of";
  report(`${what} ${mib} MiB of OpenAI lines → ${target}`, { bytes, alone, ours });
  // Behind the first round stands what others left, of creates their collected results too.
  const [first, ...others] = peaks.map((each) => `+${each.toFixed(0)}`);
  console.log(`  peak ${first} MiB above idle, in later rounds ${others.join(", ")}\n`);
  await rm(path);
}

/** Results of many lines, read as OpenAI's files and as Anthropic's results. */
async function outbound(
  { gateway, idleMiB, dataDir }: Ours,
  provider: string,
  lines: number,
): Promise<void> {
  const client = new OpenAI({ baseURL: `${gateway.url}/openai`, apiKey: KEY, timeout: 600_000 });
  const path = join(folder, "small.jsonl");
  const model = provider in MODELS ? MODELS[provider as Target] : "gpt-4o-mini";
  await pipeline(Readable.from(smallLines(lines, model)), createWriteStream(path));
  const inputBytes = statSync(path).size;
  gateway.resetPeak();
  const { id } = await uploadFile(gateway.url, path, provider);
  const named = { provider };
  let batch = await client.batches.create({
    input_file_id: id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...named,
  });
  let finalizingAt = performance.now();
  while (batch.status !== "completed") {
    if (batch.status === "failed") throw new Error(JSON.stringify(batch.errors));
    if (batch.status === "validating" || batch.status === "in_progress")
      finalizingAt = performance.now();
    await pause(100);
    batch = await client.batches.retrieve(batch.id);
  }
  const finished = (performance.now() - finalizingAt) / 1_000;
  const results = join(folder, "results.jsonl");
  await save(`${gateway.url}/openai/files/${String(batch.output_file_id)}/content`, results);
  const bytes = statSync(results).size;
  console.log(
    `${lines.toLocaleString("en")} lines, ${(inputBytes / MIB).toFixed(0)} MiB, at ${provider}, ${(bytes / MIB).toFixed(0)} MiB of results: collected and written in at most ${finished.toFixed(1)} s (${(bytes / MIB / finished).toFixed(0)} MiB/s), peak +${(gateway.peakMiB() - idleMiB).toFixed(0)} MiB`,
  );
  gateway.resetPeak();
  const alone: number[] = [];
  const ours: number[] = [];
  // What the gateway reads. Of Anthropic's nothing is to be translated: OpenAI's lines show what it would cost.
  const isRaw = provider === "gemini" || provider === "bedrock";
  const [from, raw] = isRaw ? [provider, rawResults(dataDir)] : ["openai", results];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await translationAlone([raw, "results", from, "anthropic", model]));
    const { seconds } = await download(
      `${gateway.url}/anthropic/v1/messages/batches/${batch.id}/results`,
      KEY,
      { "anthropic-version": "2023-06-01" },
    );
    ours.push(seconds);
  }
  report(`  the same through the Anthropic SDK's results, beside ${from} → anthropic alone`, {
    bytes: statSync(raw).size,
    alone,
    ours,
  });
  console.log(`  peak +${(gateway.peakMiB() - idleMiB).toFixed(0)} MiB above idle\n`);
}

/** Where the gateway keeps what a provider said. */
function rawResults(dataDir: string): string {
  const objects = join(dataDir, "blobs/objects");
  const [name] = readdirSync(objects, { recursive: true }).filter(
    (each) => typeof each === "string" && each.endsWith("+raw-output"),
  );
  if (typeof name !== "string") throw new Error("no raw results are kept");
  return join(objects, name);
}

function report(
  title: string,
  {
    bytes,
    alone,
    ours,
  }: {
    readonly bytes: number;
    readonly alone: readonly number[];
    readonly ours: readonly number[];
  },
): void {
  const best = (seconds: readonly number[]) => bytes / MIB / Math.min(...seconds);
  console.log(title);
  console.log(`  translation alone ${best(alone).toFixed(0).padStart(5)} MiB/s`);
  console.log(
    `  gateway           ${best(ours).toFixed(0).padStart(5)} MiB/s  ${(best(ours) / best(alone)).toFixed(2)} ×`,
  );
}

async function translationAlone(given: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [
    join(root, "bench/translate-alone.ts"),
    ...given,
  ]);
  return z.object({ seconds: z.number() }).parse(JSON.parse(stdout)).seconds;
}

async function writeLines(path: string, model: string, bytes: number): Promise<void> {
  async function* chunks(): AsyncGenerator<string> {
    let pending = "";
    for (const line of requestLines(bytes)) {
      pending += `${line.replace('"model":"gpt-4o-mini"', `"model":"${model}"`)}\n`;
      if (pending.length < MIB) continue;
      yield pending;
      pending = "";
    }
    yield pending;
  }
  await pipeline(Readable.from(chunks()), createWriteStream(path));
}

function* smallLines(count: number, model: string): Generator<string> {
  const text = "All of this has to be read before the question is answered. ";
  const before = text.repeat(Math.ceil(Number(values.characters) / text.length));
  for (let number = 1; number <= count; number += 1) {
    const messages = [{ role: "user", content: `${before}What is ${number} + ${number}?` }];
    const line = {
      custom_id: `question-${number}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model, messages },
    };
    yield `${JSON.stringify(line)}\n`;
  }
}

const BOUNDARY = "----bench7c1f4b";

/** As the SDK uploads: fields first, the file last. */
async function uploadFile(
  url: string,
  path: string,
  provider: string,
): Promise<{ readonly id: string; readonly seconds: number }> {
  const field = (name: string, value: string) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    `${field("purpose", "batch")}${field("provider", provider)}--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="bench.jsonl"\r\ncontent-type: application/jsonl\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const startedAt = performance.now();
  const call = request(`${url}/openai/files`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${KEY}`,
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": head.length + statSync(path).size + tail.length,
    },
  });
  const answered = new Promise<Parameters<typeof text>[0]>((resolve, reject) => {
    call.once("response", resolve).once("error", reject);
  });
  call.write(head);
  await sendFile(call, path);
  call.end(tail);
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(await text(await answered)));
  return { id, seconds: (performance.now() - startedAt) / 1_000 };
}

/** From one buffer: what a client costs is no part of what is measured. */
async function sendFile(call: ClientRequest, path: string): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(MIB);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return;
      await new Promise<void>((resolve, reject) => {
        call.write(buffer.subarray(0, bytesRead), (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    }
  } finally {
    await file.close();
  }
}

async function save(url: string, path: string): Promise<void> {
  const answer = await new Promise<Parameters<typeof text>[0]>((resolve, reject) => {
    request(url, { headers: { authorization: `Bearer ${KEY}` } }, resolve)
      .once("error", reject)
      .end();
  });
  await pipeline(answer, createWriteStream(path));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

await main();
