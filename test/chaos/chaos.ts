import { setTimeout as sleep } from "node:timers/promises";
import { NAMES, startBackdrop, troubleProviders } from "./backdrop.ts";
import { keepBusy, type Ledger } from "./clients.ts";
import { type Fleet, type Mode, startFleet } from "./fleet.ts";
import { between, createRandom } from "./random.ts";
import { resolveUncertain } from "./uncertain.ts";
import { checkBatch, checkFiles, checkStores } from "./verify.ts";

export interface ChaosOptions {
  readonly mode: Mode;
  readonly kills: number;
  readonly seed: number;
  readonly clients?: number;
}

/** The figures of a run; with an empty list of what was wrong it held. */
export interface ChaosReport {
  readonly mode: Mode;
  readonly seed: number;
  readonly kills: number;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly repeatedCalls: number;
  readonly files: number;
  readonly batches: number;
  readonly cancelled: number;
  readonly downloads: number;
  readonly lines: number;
  readonly parts: number;
  readonly jobs: number;
  readonly uncertain: number;
  readonly blobs: number;
  readonly wrong: readonly string[];
}

/** Kills gateways at any moment while clients and providers go on, then looks whether anything was lost or done twice. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { mode, kills, seed, clients = 6 } = options;
  const startedAt = performance.now();
  const random = createRandom(seed);
  const backdrop = await startBackdrop();
  const fleet = await startFleet(mode, backdrop, random);
  const ledger: Ledger = { files: [], batches: [], faults: [], downloads: 0, repeated: 0 };
  try {
    const over = new AbortController();
    const { signal } = over;
    const url = () => fleet.url();
    const work = { url, random, ledger, signal };
    const busy = Array.from({ length: clients }, (_, at) => keepBusy(work, `c${at + 1}`));
    const trouble = troubleProviders(backdrop, random, signal);
    for (let done = 0; done < kills; done += 1) {
      await sleep(between(random, 50, 1_500));
      await fleet.killOne();
    }
    // On a busy machine most of the time goes by while gateways start.
    const enough = performance.now() + 60_000;
    while (ledger.batches.length < kills && performance.now() < enough) await sleep(50);
    over.abort(performance.now() + 60_000);
    await Promise.all(busy);
    const faults = await trouble;
    for (const name of NAMES) await backdrop.tell(name, "clearFaults");
    for (const name of NAMES) {
      if (name !== "s3") await backdrop.tell(name, "setSpeed", "instant");
    }
    const { uncertain, completed, cancelled } = await settle(fleet, { backdrop, ledger });
    await checkFiles(fleet, ledger);
    await fleet.stop();
    const stored = await checkStores(fleet, backdrop, ledger);
    return {
      mode,
      seed,
      kills,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      faults,
      repeatedCalls: ledger.repeated,
      files: ledger.files.length,
      batches: completed + cancelled,
      cancelled,
      downloads: ledger.downloads,
      lines: ledger.batches.reduce((sum, { ids }) => sum + ids.length, 0),
      uncertain,
      ...stored,
      wrong: ledger.faults,
    };
  } finally {
    await fleet.stop();
    await backdrop.close();
    await fleet.remove();
  }
}

/** Every batch comes to its end, with an operator at hand. */
async function settle(
  fleet: Fleet,
  { backdrop, ledger }: { backdrop: Awaited<ReturnType<typeof startBackdrop>>; ledger: Ledger },
) {
  const over = new AbortController();
  const resolved = operate(fleet, backdrop, over.signal);
  const ends = await Promise.all(ledger.batches.map((batch) => checkBatch(fleet, batch, ledger)));
  over.abort();
  const count = (end: string) => ends.filter((each) => each === end).length;
  return {
    uncertain: await resolved,
    completed: count("completed"),
    cancelled: count("cancelled"),
  };
}

async function operate(
  fleet: Fleet,
  backdrop: Awaited<ReturnType<typeof startBackdrop>>,
  signal: AbortSignal,
): Promise<number> {
  let resolved = 0;
  while (!signal.aborted) {
    resolved += await resolveUncertain(fleet, backdrop);
    await sleep(3_000);
  }
  return resolved;
}
