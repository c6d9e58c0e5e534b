import type { Command } from "commander";
import type { ConfigSource } from "../config/load.ts";
import type { Part } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import { type Resolution, writeResolution } from "../core/resolution.ts";
import { reportFailure } from "./report-failure.ts";
import type { Storage } from "./open-storage.ts";

interface ListFlags {
  readonly uncertain?: boolean;
}

interface ResolveFlags {
  readonly resend?: boolean;
  readonly adopt?: string;
  readonly giveUp?: boolean;
  readonly part?: string;
}

/** `crossbatch batch …`: what an operator sees and does beside the gateway, while it runs or not. */
export function addBatchCommands(program: Command, source: ConfigSource): void {
  const batch = program.command("batch").description("Looks at batches that need a decision.");
  batch
    .command("list")
    .description("Lists unfinished batches.")
    .option("--uncertain", "only those of which nobody knows whether their provider has them")
    .action((flags: ListFlags) =>
      withStorage(source, flags.uncertain === true ? listUncertain : listUnfinished),
    );
  batch
    .command("resolve <batch>")
    .description("Says what becomes of a batch's uncertain Parts; give one of the options.")
    .option("--resend", "send them again: the provider doesn't have them")
    .option("--adopt <job>", "the provider has them under this id")
    .option("--give-up", "end their lines with an error")
    .option("--part <id>", "only this Part")
    .action((id: string, flags: ResolveFlags) =>
      withStorage(source, (storage) => resolveBatch(storage, id, flags)),
    );
}

async function withStorage(
  source: ConfigSource,
  work: (storage: Storage) => Promise<void>,
): Promise<void> {
  const { openStorage } = await import("./open-storage.ts");
  try {
    await using storage = await openStorage(source);
    await work(storage);
  } catch (error) {
    reportFailure(error, []);
  }
}

const MOST = 1_000;

async function listUncertain({ database }: Storage): Promise<void> {
  const parts = await database.batches.uncertainParts(MOST);
  for (const part of parts) console.log(describePart(part));
  if (parts.length === 0) console.log("No Part is uncertain.");
}

function describePart({ batchId, id, provider, account, lines, submittingAt }: Part): string {
  const since = submittingAt === null ? "?" : new Date(submittingAt).toISOString();
  return `batch_${batchId}  part ${id}  ${provider} (${account})  ${lines} lines  sent ${since}`;
}

async function listUnfinished({ database }: Storage): Promise<void> {
  let after: string | null = null;
  do {
    const ids: readonly string[] = await database.batches.unfinished(after, MOST);
    for (const id of ids) {
      const batch = await database.batches.get(id, "every");
      if (batch === null) continue;
      const { completed, failed, total } = batch.counts;
      const done = `${completed + failed} of ${total} lines`;
      console.log(`batch_${id}  ${batch.provider}  ${batch.state}  ${done}`);
    }
    after = ids.at(-1) ?? null;
  } while (after !== null);
}

async function resolveBatch(storage: Storage, id: string, flags: ResolveFlags): Promise<void> {
  const resolution = readFlags(flags);
  const batchId = id.slice(id.lastIndexOf("_") + 1);
  const all = await storage.database.batches.parts(batchId);
  const parts = all.filter(
    (part) => part.phase === "uncertain" && (flags.part === undefined || part.id === flags.part),
  );
  if (parts.length === 0) throw new Error(`${id} has no such uncertain Part.`);
  if (resolution.kind === "adopt" && parts.length > 1) {
    throw new Error(`${id} has ${parts.length} uncertain Parts: say with --part whose job it is.`);
  }
  for (const part of parts) await resolvePart(storage, part, resolution);
  console.log(`${parts.length} to ${resolution.kind.replace("_", " ")}; the gateway does it next.`);
}

function readFlags({ resend, adopt, giveUp }: ResolveFlags): Resolution {
  const given: Resolution[] = [];
  if (resend === true) given.push({ kind: "resend" });
  if (adopt !== undefined) given.push({ kind: "adopt", jobId: adopt });
  if (giveUp === true) given.push({ kind: "give_up" });
  const [only] = given;
  if (only === undefined || given.length > 1) {
    throw new Error("Give one of --resend, --adopt <job> and --give-up.");
  }
  return only;
}

/** The engine may be looking at the Part at this moment. */
async function resolvePart(
  { database, scheduler }: Storage,
  part: Part,
  resolution: Resolution,
): Promise<void> {
  const now = Date.now();
  await database.transaction(async (tables) => {
    const parts = await tables.batches.parts(part.batchId);
    const current = parts.find(({ id, phase }) => id === part.id && phase === "uncertain");
    if (current === undefined) {
      throw new GatewayError("stale", `Part ${part.id} is no longer uncertain.`);
    }
    await tables.batches.updatePart(current, { options: writeResolution(current, resolution) });
    await tables.events.append({
      id: `${part.id}${now.toString(36)}`,
      at: now,
      owner: part.owner,
      actor: "operator",
      kind: "part",
      objectId: part.id,
      what: resolution.kind,
      data: resolution.kind === "adopt" ? { job: resolution.jobId } : {},
    });
    await scheduler.wake(`batch:${part.batchId}`, now, tables);
  });
}
