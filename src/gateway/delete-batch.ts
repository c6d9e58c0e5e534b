import { insertNativeAlias } from "../core/aliases.ts";
import { type Batch, isTerminal, type JobRef } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { BatchView, Call } from "../core/gateway.ts";
import { actorOf } from "./actor.ts";
import { viewOf } from "./batch-view.ts";
import type { GatewayContext } from "./context.ts";
import { deleteFile } from "./files.ts";
import { getBatch } from "./lookup.ts";
import { mirroredJob, openHome, placed, refreshMirrored } from "./mirror.ts";
import { checkNamedProvider } from "./resolve.ts";

/** Removes an ended batch with its results and its inline requests, here and at its provider, where that can. */
export async function deleteBatch(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchView> {
  const found = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, found.provider);
  const batch = found.origin === "upstream" ? await refreshMirrored(context, call, found) : found;
  if (!isTerminal(batch.state)) {
    throw new GatewayError(
      "invalid_request",
      "In progress batches cannot be deleted. Consider canceling the batch instead.",
    );
  }
  const jobs = await jobsOf(context, batch);
  await deleteJobs(context, call, { batch, jobs });
  for (const fileId of await filesOf(context, batch)) {
    await deleteFile(context, call, `file-${fileId}`);
  }
  const now = context.now();
  await context.database.transaction(async (tables) => {
    await tables.batches.delete(batch.id, call.client.owners);
    // What its provider can't delete is still in the provider's list: known as no one's, it isn't shown again.
    const { format } = context.providers.get(batch.provider);
    for (const job of jobs) {
      await insertNativeAlias(tables, "batch", { ...batch, native: { id: job.id, format } });
    }
    await tables.events.append({
      id: context.newId(now),
      at: now,
      owner: batch.owner,
      actor: actorOf(call.client, batch),
      kind: "batch",
      objectId: batch.id,
      what: "deleted",
      data: {},
    });
  });
  return viewOf(batch);
}

async function jobsOf(context: GatewayContext, batch: Batch): Promise<readonly JobRef[]> {
  if (batch.origin === "upstream") return [mirroredJob(batch)];
  const parts = await context.database.batches.parts(batch.id);
  return parts.flatMap(({ job, mode }) => (job === null || mode === "direct" ? [] : [job]));
}

/** First: if that fails, the client still has a batch to delete. */
async function deleteJobs(
  context: GatewayContext,
  call: Call,
  { batch, jobs }: { readonly batch: Batch; readonly jobs: readonly JobRef[] },
): Promise<void> {
  if (jobs.length === 0) return;
  const { upstream } = openHome(context, placed(call, batch.options), batch);
  for (const job of jobs) await upstream.jobs?.delete?.(job, call.signal);
}

/** Those that are there and go with it: a file that a client uploaded stays. */
async function filesOf(context: GatewayContext, batch: Batch): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const id of [batch.inputFileId, batch.outputFileId, batch.errorFileId]) {
    const file = id === null ? null : await context.database.files.get(id, [batch.owner]);
    if (file?.origin === "inline" || file?.origin === "result") ids.push(file.id);
  }
  return ids;
}
