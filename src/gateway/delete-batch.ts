import { isTerminal } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { BatchView, Call } from "../core/gateway.ts";
import { actorOf } from "./actor.ts";
import { viewOf } from "./batch-view.ts";
import type { GatewayContext } from "./context.ts";
import { deleteFile } from "./files.ts";
import { getBatch } from "./lookup.ts";
import { checkNamedProvider } from "./resolve.ts";

/** Removes an ended batch and its results, here and where its provider keeps them as files. */
export async function deleteBatch(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchView> {
  const batch = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, batch.provider);
  if (!isTerminal(batch.state)) {
    throw new GatewayError(
      "invalid_request",
      "In progress batches cannot be deleted. Consider canceling the batch instead.",
    );
  }
  for (const fileId of [batch.outputFileId, batch.errorFileId]) {
    const file =
      fileId === null ? null : await context.database.files.get(fileId, call.client.owners);
    if (file !== null) await deleteFile(context, call, `file-${file.id}`);
  }
  const now = context.now();
  await context.database.transaction(async (tables) => {
    await tables.batches.delete(batch.id, call.client.owners);
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
