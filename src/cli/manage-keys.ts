import { randomBytes } from "node:crypto";
import type { z } from "zod";
import type { ConfigSource } from "../config/load.ts";
import { keyTermsSchema, toTerms } from "../config/virtual-keys.ts";
import { GatewayError } from "../core/errors.ts";
import type { KeyTerms, StoredKey } from "../core/keys.ts";
import type { Tables } from "../core/storage.ts";
import { hashOfKey } from "../lib/hash-of-key.ts";
import { newId } from "../lib/ids.ts";
import { withTables } from "./open-tables.ts";

export type KeyFlags = Readonly<Record<string, string | readonly string[]>>;

export function createKey(source: ConfigSource, name: string, flags: KeyFlags): Promise<void> {
  return withTables(source, async (database) => {
    const terms = readTerms(name, flags);
    const { key, hash, hint } = makeKey();
    const now = Date.now();
    const stored = { id: newId(now), hash, hint, terms, createdAt: now, revokedAt: null };
    await database.transaction(async (tables) => {
      await tables.keys.insert(stored);
      await note(tables, stored, "created");
    });
    console.log(key);
  });
}

export function listKeys(source: ConfigSource, asJson: boolean): Promise<void> {
  return withTables(source, async (database, config) => {
    const configured = config.virtualKeys.map((entry) => ({
      where: "crossbatch.yaml",
      hint: null,
      createdAt: null,
      revokedAt: null,
      ...toTerms(entry),
    }));
    const stored = await database.keys.list();
    const kept = stored.map(({ hint, createdAt, revokedAt, terms }) => ({
      where: "database",
      hint,
      createdAt: timeOf(createdAt),
      revokedAt: timeOf(revokedAt),
      ...terms,
    }));
    for (const key of [...configured, ...kept]) {
      const shown = { ...key, expiresAt: timeOf(key.expiresAt) };
      console.log(asJson ? JSON.stringify(shown) : toText(shown));
    }
  });
}

export function revokeKey(source: ConfigSource, name: string): Promise<void> {
  return withTables(source, async (database) => {
    await database.transaction(async (tables) => {
      const key = await getKey(tables, name);
      await tables.keys.update(key.id, { revokedAt: Date.now() });
      await note(tables, key, "revoked");
    });
    console.log(`The key ${name} is revoked.`);
  });
}

export function rotateKey(source: ConfigSource, name: string): Promise<void> {
  return withTables(source, async (database) => {
    const { key, hash, hint } = makeKey();
    await database.transaction(async (tables) => {
      const old = await getKey(tables, name);
      await tables.keys.update(old.id, { hash, hint });
      await note(tables, old, "rotated");
    });
    console.log(key);
  });
}

async function getKey({ keys }: Tables, name: string): Promise<StoredKey> {
  const key = await keys.byName(name);
  if (key === null) {
    throw new GatewayError(
      "not_found",
      `There is no key named ${name} in the database; \`crossbatch keys list\` shows all there are. Keys of crossbatch.yaml are changed there.`,
    );
  }
  if (key.revokedAt !== null) throw new GatewayError("conflict", `The key ${name} is revoked.`);
  return key;
}

/** 32 random bytes: no one guesses one, and a plain hash keeps it. */
function makeKey(): { readonly key: string; readonly hash: string; readonly hint: string } {
  const key = `cb-${randomBytes(32).toString("base64url")}`;
  return { key, hash: hashOfKey(key), hint: key.slice(0, 7) };
}

async function note(tables: Tables, { id, terms }: StoredKey, what: string): Promise<void> {
  const at = Date.now();
  await tables.events.append({
    id: newId(at),
    at,
    owner: terms.owner,
    actor: "operator",
    kind: "key",
    objectId: id,
    what,
    data: { name: terms.name },
  });
}

/** By the same rules as keys of crossbatch.yaml. */
function readTerms(name: string, flags: KeyFlags): KeyTerms {
  const counts = COUNTS.flatMap((flag) => {
    const value = flags[flag];
    return typeof value === "string" && /^\d+$/.test(value) ? [[flag, Number(value)]] : [];
  });
  const read = keyTermsSchema.safeParse({ ...flags, ...Object.fromEntries(counts), name });
  if (read.success) return toTerms(read.data);
  throw new GatewayError("invalid_request", describe(read.error));
}

const COUNTS = ["requestsPerMinute", "linesPerDay", "bytesPerDay", "concurrentBatches"] as const;

function describe({ issues }: z.ZodError): string {
  return issues
    .map(({ path: [name], message }) =>
      name === "name" ? `The name ${message}.` : `--${dashed(String(name))} ${message}.`,
    )
    .join(" ");
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

function toText({
  name,
  owner,
  where,
  hint,
  revokedAt,
  expiresAt,
  providers,
  models,
}: KeyLine): string {
  return [
    name,
    `owner ${owner}`,
    hint === null ? where : `${hint}…`,
    `providers ${providers?.join(", ") ?? "all"}`,
    `models ${models?.join(", ") ?? "all"}`,
    ...(expiresAt === null ? [] : [`expires ${expiresAt}`]),
    ...(revokedAt === null ? [] : [`revoked ${revokedAt}`]),
  ].join("  ");
}

interface KeyLine extends Omit<KeyTerms, "expiresAt"> {
  readonly where: string;
  readonly hint: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}
