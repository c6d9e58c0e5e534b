import type { Batch, Part } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import type { EarlyPart } from "./early-submission.ts";

/** What is to become of a Part, beside what it has of its batch. */
export interface PartShare extends Pick<
  Part,
  "firstLine" | "lines" | "bytes" | "model" | "models" | "mode"
> {
  /** Its lines as they are sent; null: the batch's own input. */
  readonly inputBlob: string | null;
  /** Null, or left out: only the length is known. */
  readonly inputSha256?: string | null;
  /** Where they are at the provider already. */
  readonly inputNativeId?: string;
  /** How that copy was made. */
  readonly recipe?: string;
  /** Where its request was begun before it was planned: by that it was named. */
  readonly early?: EarlyPart | undefined;
}

export function newPart(
  context: EngineContext,
  batch: Batch,
  {
    inputBlob,
    inputSha256,
    inputNativeId,
    recipe,
    early,
    ...share
  }: PartShare & { readonly number: number },
): Part {
  const now = early?.begunAt ?? context.now();
  return {
    ...share,
    id: early?.partId ?? context.newId(now),
    batchId: batch.id,
    owner: batch.owner,
    account: batch.account,
    dialect: batch.dialect,
    provider: batch.provider,
    endpoint: batch.endpoint,
    priceTier: share.mode === "direct" ? "sync" : "batch",
    phase: "planned",
    inputNativeId: inputNativeId ?? null,
    job: null,
    outcome: null,
    attempts: 0,
    counts: { total: 0, completed: 0, failed: 0 },
    usage: null,
    errors: [],
    warnings: [],
    results: [],
    options: {
      ...(inputBlob === null ? {} : { inputBlob }),
      ...(typeof inputSha256 === "string" ? { inputSha256 } : {}),
      ...(recipe === undefined ? {} : { recipe }),
    },
    createdAt: now,
    submittingAt: null,
    submittedAt: null,
    endedAt: null,
    collectedAt: null,
    version: 1,
  };
}
