import type { Batch, Part } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import { inputBlob, openInput } from "./input.ts";
import { buildLineIndex } from "./line-index.ts";
import { changeBatch } from "./rows.ts";

/** The blob key of a batch's line index. */
export function lineIndexKey(batchId: string): string {
  return `indexes/${batchId}`;
}

/** Reads the input once, stores where each line lies, and writes the Part rows. Running it twice does no harm. */
export async function planBatch(
  context: EngineContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  let lines = 0;
  if (inputBlob(batch) !== null) {
    const index = await buildLineIndex(
      await openInput(context, batch, signal),
      {
        blobs: context.blobs,
        key: lineIndexKey(batch.id),
        maxLineBytes: context.settings.maxLineBytes,
      },
      signal,
    );
    lines = index.lines;
  }
  const part = newPart(context, batch, lines);
  await context.database.transaction(async (tables) => {
    // Two passes may have planned at once: the version lets one of them through.
    await changeBatch(tables, batch.id, (current) => ({
      options: { ...current.options, planned: true },
    }));
    const existing = await tables.batches.parts(batch.id);
    if (existing.length === 0) await tables.batches.insertPart(part);
  });
  return context.database.batches.parts(batch.id);
}

function newPart(context: EngineContext, batch: Batch, lines: number): Part {
  const now = context.now();
  return {
    id: context.newId(now),
    batchId: batch.id,
    number: 1,
    owner: batch.owner,
    account: batch.account,
    dialect: batch.dialect,
    provider: batch.provider,
    endpoint: batch.endpoint,
    model: batch.model,
    models: batch.models,
    mode: batch.mode,
    priceTier: batch.priceTier,
    phase: "planned",
    firstLine: 1,
    lines,
    bytes: batch.bytes,
    inputNativeId: null,
    job: null,
    outcome: null,
    attempts: 0,
    counts: { total: 0, completed: 0, failed: 0 },
    usage: null,
    errors: [],
    warnings: [],
    results: [],
    options: {},
    createdAt: now,
    submittingAt: null,
    submittedAt: null,
    endedAt: null,
    collectedAt: null,
    version: 1,
  };
}
