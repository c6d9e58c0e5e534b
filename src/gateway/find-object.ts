import type { ClientOwners } from "../core/client.ts";
import type { AliasKind, ClientTables } from "../core/storage.ts";

/** The id of the object that a client means by `id`; null if it may see none. Of two with one native id, the named provider's. */
export async function findObjectId(
  tables: ClientTables,
  kind: AliasKind,
  wanted: {
    readonly id: string;
    readonly owners: ClientOwners;
    readonly provider: string | null;
  },
): Promise<string | null> {
  const found = await tables.aliases.find(kind, wanted.id, wanted.owners);
  const preferred = found.find((alias) => alias.provider === wanted.provider) ?? found[0];
  return preferred?.objectId ?? null;
}
