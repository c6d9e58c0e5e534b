import type { Batch } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { BatchView, Call, ListPage, Page } from "../core/gateway.ts";
import { actorOf } from "./actor.ts";
import { viewOf } from "./batch-view.ts";
import type { GatewayContext } from "./context.ts";
import { pageOf } from "./files.ts";
import { findBatch, getBatch, getCursor } from "./lookup.ts";
import { openListing, readSources } from "./listing.ts";
import { mirrorBatches, mirroredJob, openHome, reachOf, refreshMirrored } from "./mirror.ts";
import { checkNamedProvider } from "./resolve.ts";

export async function listBatches(
  context: GatewayContext,
  given: Call,
  page: ListPage,
): Promise<Page<BatchView>> {
  const listing = openListing(context, given);
  const { call, filter } = listing;
  const found = await getCursor((id) => findBatch(context, call, id), page.after);
  const after = found === null ? null : { ...found, createdAt: found.times.createdAt };
  const reach = reachOf(page, after);
  await readSources(context, listing, (source) =>
    mirrorBatches(context, { call, source, page: reach }),
  );
  const { items, hasMore } = await pageOf((query) => context.database.batches.list(query), {
    call,
    page,
    after,
    filter,
  });
  return { items: items.map(viewOf), hasMore };
}

export async function retrieveBatch(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchView> {
  const batch = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, batch.provider);
  if (batch.origin === "upstream") return viewOf(await refreshMirrored(context, call, batch));
  return viewOf(await context.engine.refresh(batch, call.signal));
}

/** The wish is committed with its wake; the engine carries it to the provider, again after a crash. */
export async function cancelBatch(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchView> {
  const found = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, found.provider);
  if (found.origin === "upstream") return cancelMirrored(context, call, found);
  for (let batch = found; ; batch = await getBatch(context, call, id)) {
    if (isTerminal(batch.state)) {
      throw new GatewayError("conflict", `Cannot cancel a batch with status '${batch.state}'.`);
    }
    if (batch.state === "cancelling") return viewOf(batch);
    try {
      const cancelling = await writeCancel(context, call, batch);
      context.telemetry.batchState(batch.provider, "cancelling");
      return viewOf(cancelling);
    } catch (error) {
      if (!isGatewayError(error, "stale")) throw error;
    }
  }
}

function writeCancel(context: GatewayContext, call: Call, batch: Batch): Promise<Batch> {
  const now = context.now();
  return context.database.transaction(async (tables) => {
    const cancelling = await tables.batches.update(batch, {
      state: "cancelling",
      times: { ...batch.times, cancellingAt: now },
    });
    await tables.events.append({
      id: context.newId(now),
      at: now,
      owner: batch.owner,
      actor: actorOf(call.client, batch),
      kind: "batch",
      objectId: batch.id,
      what: "cancelling",
      data: {},
    });
    await context.scheduler.wake(`batch:${batch.id}`, now, tables);
    return cancelling;
  });
}

/** A job made elsewhere isn't followed by the engine: the provider is asked here and now. */
async function cancelMirrored(
  context: GatewayContext,
  call: Call,
  batch: Batch,
): Promise<BatchView> {
  const fresh = await refreshMirrored(context, call, batch);
  if (isTerminal(fresh.state)) {
    throw new GatewayError("conflict", `Cannot cancel a batch with status '${fresh.state}'.`);
  }
  const { upstream } = openHome(context, call, batch);
  await upstream.cancel(mirroredJob(fresh), call.signal);
  return viewOf(await refreshMirrored(context, call, fresh));
}
