import type { Client } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { KeyTable, KeyTerms } from "../core/keys.ts";
import { hashOfKey } from "../lib/hash-of-key.ts";
import { createRequestRates } from "./request-rates.ts";

/** A revoked key must stop within five seconds on every replica; no key is looked up more often than this. */
const FRESH_MILLISECONDS = 3_000;
const MAX_REMEMBERED = 10_000;

/** What a key of the gateway's own looks like, so that nobody's guesses reach the database. */
const OWN_KEY = /^cb-[A-Za-z0-9_-]{43,128}$/;

export interface KeyRingContext {
  /** Keys of the configuration, in full. */
  readonly configured: readonly { readonly key: string; readonly terms: KeyTerms }[];
  readonly table: Pick<KeyTable, "byHash" | "any">;
  /** Whether the door stays shut while there is no key at all. */
  readonly requireKeys: boolean;
  /** The gateway's default S3 locations: each owner has a folder below. */
  readonly places: readonly string[];
  readonly now: () => number;
}

interface Known {
  readonly keyId: string;
  readonly terms: KeyTerms;
}

/**
 * Who the bearer of a virtual key is; null where no virtual key is configured, and the gateway is open. Keys are found by
 * their hash, so that no comparison tells how much of a guess was right.
 */
export function createKeyRing(
  context: KeyRingContext,
): (key: string | null) => Promise<Client | null> {
  const { table, now } = context;
  const configured = new Map(
    context.configured.map(({ key, terms }): readonly [string, Known] => [
      hashOfKey(key),
      { keyId: `config:${terms.name}`, terms },
    ]),
  );
  const stored = remember(now, async (hash): Promise<Known | null> => {
    const found = await table.byHash(hash);
    return found === null || found.revokedAt !== null
      ? null
      : { keyId: found.id, terms: found.terms };
  });
  const anyStored = remember(now, () => table.any());
  const rates = createRequestRates(now, "This key");
  let isShut = context.requireKeys || configured.size > 0;

  async function find(key: string): Promise<Known | null> {
    const hash = hashOfKey(key);
    return configured.get(hash) ?? (OWN_KEY.test(key) ? stored(hash) : null);
  }

  return async (key) => {
    // Rows of keys are never deleted: once there was one, the gateway isn't open again.
    isShut ||= await anyStored("");
    if (!isShut) return null;
    const known = key === null ? null : await find(key);
    if (known === null) throw refusal(key);
    const { keyId, terms } = known;
    if (terms.expiresAt !== null && terms.expiresAt <= now()) throw refusal(key);
    rates.count(keyId, terms.limits.requestsPerMinute);
    return toClient(known, context.places);
  };
}

function toClient({ keyId, terms }: Known, places: readonly string[]): Client {
  const { owner, name, providers, models, limits } = terms;
  return {
    owners: [owner],
    owner,
    key: null,
    mirrors: false,
    s3: [...terms.s3, ...places.map((place) => `${place}/${owner}`)],
    grant: { keyId, name, providers, models, limits, folder: owner },
  };
}

function refusal(key: string | null): GatewayError {
  const message =
    key === null
      ? "This gateway takes its own keys only, and the request brought none. Send yours as 'Authorization: Bearer …', 'x-api-key' or 'x-goog-api-key'."
      : "Incorrect API key provided: it is no key of this gateway, or no longer one.";
  return new GatewayError("unauthorized", message, { reason: "invalid_api_key" });
}

/** Reads again what was read longer ago; who asks meanwhile waits for the same answer. A failed read isn't remembered. */
function remember<Value>(
  now: () => number,
  read: (name: string) => Promise<Value>,
): (name: string) => Promise<Value> {
  const answers = new Map<string, { readonly at: number; readonly value: Promise<Value> }>();
  return (name) => {
    const at = now();
    const known = answers.get(name);
    if (known !== undefined && Math.abs(at - known.at) < FRESH_MILLISECONDS) return known.value;
    const value = read(name);
    answers.delete(name);
    answers.set(name, { at, value });
    const [oldest] = answers.keys();
    if (answers.size > MAX_REMEMBERED && oldest !== undefined) answers.delete(oldest);
    value.catch(() => answers.delete(name));
    return value;
  };
}
