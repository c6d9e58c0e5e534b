import { text } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";
import type { Part } from "../../src/core/batch.ts";
import { inputBlob, partBlob } from "../../src/engine/input.ts";
import type { Backdrop } from "./backdrop.ts";
import type { Fleet } from "./fleet.ts";
import { allParts, openStores, type Stores } from "./stores.ts";

/** Resolves what is uncertain as an operator would, who looks at the provider's own results; returns how many there were. */
export async function resolveUncertain(fleet: Fleet, backdrop: Backdrop): Promise<number> {
  const listed = await fleet.command("batch", "list", "--uncertain");
  const found = [...listed.matchAll(/^(batch_\w+) {2}part (\w+) /gm)];
  if (found.length === 0) return 0;
  await using stores = await openStores(fleet);
  const parts = await allParts(stores.database);
  let resolved = 0;
  for (const [, batchId = "", partId = ""] of found) {
    const part = parts.find(({ id }) => id === partId);
    if (part === undefined) throw new Error(`nobody knows the uncertain Part ${partId}`);
    try {
      const job = await jobOf(part, { parts, stores, backdrop });
      const decision = job === null ? ["--resend"] : ["--adopt", job];
      await fleet.command("batch", "resolve", batchId, "--part", partId, ...decision);
      resolved += 1;
    } catch (error) {
      // The gateway goes on looking: it may have found the job meanwhile, and its batch may have ended.
      const now = await stores.database.batches.part(partId);
      if (now?.phase === "uncertain") throw error;
    }
  }
  return resolved;
}

interface Knowledge {
  readonly parts: readonly Part[];
  readonly stores: Stores;
  readonly backdrop: Backdrop;
}

/** Of the jobs that are no Part's the one that answers this Part's lines. */
async function jobOf(part: Part, { parts, stores, backdrop }: Knowledge): Promise<string | null> {
  const client = new Anthropic({
    baseURL: backdrop.url("anthropic"),
    apiKey: "sk-chaos",
    maxRetries: 5,
  });
  const taken = new Set(parts.map(({ job }) => job?.id));
  const first = await firstId(part, stores);
  for (const { id } of await backdrop.jobs("anthropic")) {
    if (taken.has(id)) continue;
    await backdrop.tell("anthropic", "complete", id);
    for await (const { custom_id } of await client.messages.batches.results(id)) {
      if (custom_id === first) return id;
    }
  }
  return null;
}

async function firstId(part: Part, { database, blobs }: Stores): Promise<string> {
  const batch = await database.batches.get(part.batchId, "every");
  const blob = partBlob(part) ?? (batch === null ? null : inputBlob(batch));
  if (blob === null) throw new Error(`Part ${part.id} has no lines`);
  const lines = await text(await blobs.open(blob, AbortSignal.timeout(10_000)));
  const { custom_id: id } = JSON.parse(lines.split("\n", 1)[0] ?? "") as { custom_id: string };
  return id;
}
