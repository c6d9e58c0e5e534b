import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import type { Call, CreateBatch } from "../core/gateway.ts";
import type { CreateKey, ClientTables } from "../core/storage.ts";

/** How a create is told apart from one that its client sends anew. */
export interface Repeatable {
  readonly owner: string;
  readonly key: string;
  readonly fingerprint: string;
  /** By its own word (`Idempotency-Key`), or because an SDK says that it sends it again. */
  readonly kind: "keyed" | "first" | "repeat";
  readonly arrivedAt: number;
}

/** What was asked for, and of which bytes. */
export interface AskedFor {
  readonly request: CreateBatch;
  readonly owner: string;
  readonly account: string;
  readonly provider: string;
  /** Of lines that came inside the create. */
  readonly sha256: string | null;
}

export function toRepeatable(call: Call, asked: AskedFor, arrivedAt: number): Repeatable {
  const { owner } = asked;
  const fingerprint = fingerprintOf(call, asked);
  const given = call.headers["idempotency-key"];
  if (given !== undefined && given !== "") {
    return { owner, key: `key ${digest(given)}`, fingerprint, kind: "keyed", arrivedAt };
  }
  // The SDKs of OpenAI and Anthropic count their own attempts: the first is 0.
  const isRepeat = Number(call.headers["x-stainless-retry-count"] ?? 0) > 0;
  const kind = isRepeat ? "repeat" : "first";
  return { owner, key: `body ${fingerprint}`, fingerprint, kind, arrivedAt };
}

function fingerprintOf(call: Call, { request, account, provider, sha256 }: AskedFor): string {
  const { input, ...rest } = request;
  const lines = input.kind === "file" ? { file: input.id } : { sha256 };
  return digest(JSON.stringify([call.dialect, account, provider, lines, rest]));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

const KEYED_MILLISECONDS = 86_400_000;
const REPEATED_MILLISECONDS = 600_000;

/**
 * Makes the batch that is about to be written the one that a repeated create finds; in the transaction that writes it, so that
 * of two at once one waits for the other. Returns the id of the batch that was made before, and then nothing may be written.
 */
export async function claimCreate(
  tables: ClientTables,
  { owner, key, fingerprint, kind, arrivedAt }: Repeatable,
  batchId: string,
): Promise<string | null> {
  const lasts = kind === "keyed" ? KEYED_MILLISECONDS : REPEATED_MILLISECONDS;
  const row: CreateKey = {
    owner,
    key,
    fingerprint,
    batchId,
    isRepeat: kind === "repeat",
    createdAt: arrivedAt,
    expiresAt: arrivedAt + lasts,
  };
  while (!(await tables.createKeys.insert(row))) {
    const known = await tables.createKeys.get(owner, key);
    if (known === null) continue;
    if (stands(known, row, kind)) return batchOf(known, row);
    await tables.createKeys.delete(known);
  }
  return null;
}

/** Who sends the same twice on purpose gets two batches; a first attempt that was overtaken by its own repetition doesn't. */
function stands(known: CreateKey, row: CreateKey, kind: Repeatable["kind"]): boolean {
  if (known.expiresAt <= row.createdAt) return false;
  return kind !== "first" || (known.isRepeat && known.createdAt > row.createdAt);
}

function batchOf(known: CreateKey, { fingerprint }: CreateKey): string {
  if (known.fingerprint === fingerprint) return known.batchId;
  throw new GatewayError(
    "invalid_request",
    "This Idempotency-Key was used for another batch within the last 24 hours. Give each batch a key of its own, and repeat a create with the same body.",
    { param: "Idempotency-Key", reason: "idempotency_key_reused" },
  );
}
