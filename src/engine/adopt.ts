import { claimNativeId } from "../core/aliases.ts";
import type { JobRef } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import { changeBatch } from "./rows.ts";
import type { PartWork } from "./part-work.ts";
import { tellOfWaiting, withoutHold } from "./waiting.ts";

/** A job is the Part's from now on. */
export async function adopt(context: EngineContext, work: PartWork, job: JobRef): Promise<void> {
  const { batch, part, provider, access } = work;
  const { account } = access;
  const now = context.now();
  const native = { id: job.id, format: provider.format };
  await context.database.transaction(async (tables) => {
    await tables.batches.updatePart(part, {
      phase: "submitted",
      job,
      submittedAt: now,
      options: withoutHold(part.options),
    });
    // The one native job's id becomes the batch's own, unless a client was already told another.
    const isOnly = (await tables.batches.parts(batch.id)).length === 1;
    await changeBatch(tables, batch.id, (current) => ({
      ...(current.options["shown"] === "ours" || !isOnly || current.native !== null
        ? {}
        : { native }),
      times: { ...current.times, submittedAt: current.times.submittedAt ?? now },
    }));
    await tellOfWaiting(tables, batch.id);
    // Of several jobs each is known as the batch's: in the provider's list none is another batch.
    await claimNativeId(tables, "batch", { ...batch, account, native });
    await tables.events.append({
      id: context.newId(now),
      at: now,
      owner: batch.owner,
      actor: "engine",
      kind: "batch",
      objectId: batch.id,
      what: "submitted",
      data: { provider: provider.name, job: job.id, part: part.id },
    });
  });
}
