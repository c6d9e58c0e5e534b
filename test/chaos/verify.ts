import { setTimeout as sleep } from "node:timers/promises";
import type { Part } from "../../src/core/batch.ts";
import { createSweeper } from "../../src/engine/sweep.ts";
import { readLines } from "../support/batches.ts";
import { PROVIDERS } from "../support/world.ts";
import type { Backdrop } from "./backdrop.ts";
import { anthropic, insist, type Ledger, type MadeBatch, openai } from "./clients.ts";
import type { Fleet } from "./fleet.ts";
import { allParts, openStores } from "./stores.ts";

export interface Checked {
  readonly lines: number;
  readonly jobs: number;
  readonly parts: number;
  readonly blobs: number;
  readonly cancelled: number;
}

const PATIENCE = 120_000;

/** Waits for the end of a batch, and says what is wrong with it. */
export async function checkBatch(
  fleet: Fleet,
  batch: MadeBatch,
  ledger: Ledger,
): Promise<"completed" | "cancelled" | null> {
  const wrong = (what: string) => {
    ledger.faults.push(`${batch.dialect} batch ${batch.id} of ${batch.provider}: ${what}`);
    // What its gateways did with it, under whichever of its ids.
    const own = batch.id.replace(/^[a-z]+_/, "");
    for (const line of fleet.logOf(own)) process.stderr.write(`${line}\n`);
    return null;
  };
  const patient = { ledger, signal: AbortSignal.abort(performance.now() + PATIENCE) };
  const ended = await insist(patient, () => endOf(fleet, batch));
  if (ended === null) return wrong("is lost");
  if (ended === "failed") return wrong(`failed: ${await reasonOf(fleet, batch)}`);
  const isExpected = ended === "completed" || (ended === "cancelled" && batch.isCancelled);
  if (!isExpected) return wrong(`is ${ended}`);
  const answered = await insist(patient, () => answersOf(fleet, batch));
  if (answered === null) return wrong("has no results");
  const unique = new Set(answered);
  const missing = batch.ids.filter((id) => !unique.has(id));
  if (missing.length > 0) return wrong(`misses ${missing.length} of ${batch.ids.length} lines`);
  if (answered.length !== batch.ids.length) return wrong(`has ${answered.length} results`);
  return ended;
}

async function endOf(fleet: Fleet, batch: MadeBatch): Promise<string> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const state = await stateOf(fleet.url(), batch);
    if (ENDS.has(state)) return state;
    if (performance.now() > until) return `still ${state}`;
    await sleep(100);
  }
}

async function reasonOf(fleet: Fleet, { id, dialect }: MadeBatch): Promise<string> {
  const url = fleet.url();
  if (dialect === "openai") return JSON.stringify((await openai(url).batches.retrieve(id)).errors);
  const failed: unknown[] = [];
  let lines = 0;
  for await (const { result } of await anthropic(url).messages.batches.results(id)) {
    lines += 1;
    if (result.type !== "succeeded") failed.push(result);
  }
  return `${failed.length} of ${lines} lines, the first with ${JSON.stringify(failed[0])}`;
}

const ENDS: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);

async function stateOf(url: string, { dialect, id, isCancelled }: MadeBatch): Promise<string> {
  if (dialect === "openai") return (await openai(url).batches.retrieve(id)).status;
  const found = await anthropic(url).messages.batches.retrieve(id);
  if (found.processing_status !== "ended") return found.processing_status;
  const { canceled, expired, errored } = found.request_counts;
  if (expired + errored > 0) return "failed";
  return canceled > 0 || isCancelled ? "cancelled" : "completed";
}

async function answersOf(fleet: Fleet, { dialect, id }: MadeBatch): Promise<readonly string[]> {
  const url = fleet.url();
  if (dialect === "anthropic") {
    const ids: string[] = [];
    for await (const { custom_id } of await anthropic(url).messages.batches.results(id)) {
      ids.push(custom_id);
    }
    return ids;
  }
  const client = openai(url);
  const { output_file_id: output, error_file_id: error } = await client.batches.retrieve(id);
  const lines = [...(await readLines(client, output)), ...(await readLines(client, error))];
  return lines.map(({ custom_id }) => custom_id);
}

/** Each file reads as it was sent. */
export async function checkFiles(fleet: Fleet, ledger: Ledger): Promise<void> {
  const patient = { ledger, signal: AbortSignal.abort(performance.now() + PATIENCE) };
  for (const { id, text } of ledger.files) {
    const read = await insist(patient, async () =>
      (await openai(fleet.url()).files.content(id)).text(),
    );
    if (read !== text) ledger.faults.push(`file ${id} is ${read === null ? "lost" : "different"}`);
  }
}

/** With the gateways stopped: each job is one Part's, and no stored bytes are no one's. */
export async function checkStores(
  fleet: Fleet,
  backdrop: Backdrop,
  ledger: Ledger,
): Promise<Pick<Checked, "jobs" | "parts" | "blobs">> {
  await using stores = await openStores(fleet);
  const { database, blobs } = stores;
  const parts = await allParts(database);
  let jobs = 0;
  for (const provider of PROVIDERS) {
    const made = await backdrop.jobs(provider);
    jobs += made.length;
    for (const { id, lines } of made) {
      const owners = parts.filter(({ job }) => job?.id.endsWith(id));
      if (owners.length !== 1) {
        ledger.faults.push(`${provider} job ${id} of ${lines} lines has ${owners.length} Parts`);
      }
    }
  }
  // As if a day had gone by: what no row names is swept then.
  const now = () => Date.now() + 26 * 3_600_000;
  const { signal } = new AbortController();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  await createSweeper({ database, blobs, now, log })(signal);
  const keys: string[] = [];
  for await (const { key } of blobs.list("", signal)) keys.push(key);
  const named = await database.files.namedBlobs(keys);
  const known = new Set([...named, ...blobsOf(parts)]);
  const batchIds = new Set(parts.map(({ batchId }) => batchId));
  for (const key of keys) {
    const [folder, owner = ""] = key.split("/");
    const isOfBatch = folder === "prepared" && batchIds.has(owner) && !key.includes("/part-");
    if (!known.has(key) && !isOfBatch) ledger.faults.push(`${key} is no one's`);
  }
  return { jobs, parts: parts.length, blobs: keys.length };
}

function blobsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ results }) => results.map(({ blob }) => blob));
}
