import type { ConfigSource } from "../config/load.ts";
import { GatewayError } from "../core/errors.ts";
import type { Database, Event } from "../core/storage.ts";
import { withTables } from "./open-tables.ts";

export interface AuditFlags {
  readonly since?: string;
  readonly owner?: string;
  readonly object?: string;
  readonly json?: boolean;
}

const PAGE = 500;

/** Prints who did what to which object, oldest first. */
export function printAudit(source: ConfigSource, flags: AuditFlags): Promise<void> {
  return withTables(source, async (database) => {
    const since = flags.since === undefined ? null : readSince(flags.since, Date.now());
    const objects = flags.object === undefined ? [null] : await objectsOf(database, flags.object);
    for (const objectId of objects) {
      const query = {
        owners: flags.owner === undefined ? ("every" as const) : [flags.owner],
        ...(since === null ? {} : { since }),
        ...(objectId === null ? {} : { objectId }),
        limit: PAGE,
      };
      for (let after: string | undefined; ;) {
        const events = await database.events.list({
          ...query,
          ...(after === undefined ? {} : { after }),
        });
        for (const event of events)
          console.log(flags.json === true ? toJson(event) : toText(event));
        after = events.at(-1)?.id;
        if (events.length < PAGE) break;
      }
    }
  });
}

/** Ours as they are, in any dress, a provider's own, or the name of a key. */
async function objectsOf(database: Database, id: string): Promise<readonly string[]> {
  const found = new Set([id, id.replace(/^[a-z]+[-_]/, "")]);
  for (const kind of ["file", "batch", "upload"] as const) {
    for (const alias of await database.aliases.find(kind, id, "every")) found.add(alias.objectId);
  }
  const key = await database.keys.byName(id);
  if (key !== null) found.add(key.id);
  return [...found];
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90m`, `2h`, `7d`: so long ago; else a date or time. */
function readSince(text: string, now: number): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (unit === "s" || unit === "m" || unit === "h" || unit === "d") {
    return now - Number(amount) * UNITS[unit];
  }
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new GatewayError(
    "invalid_request",
    "--since must be a time such as 2026-11-28T09:00:00Z, or how long ago, such as 90m, 2h or 7d.",
  );
}

function toJson({ at, ...event }: Event): string {
  return JSON.stringify({ at: new Date(at).toISOString(), ...event });
}

function toText({ at, owner, actor, kind, objectId, what, data }: Event): string {
  return `${new Date(at).toISOString()}  ${actor}  ${what}  ${kind} ${objectId}  owner ${owner}  ${JSON.stringify(data)}`;
}
