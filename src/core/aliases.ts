import type { Batch } from "./batch.ts";
import type { ClientOwners } from "./client.ts";
import type { StoredFile, Upload } from "./file.ts";
import type { AliasKind, ClientTables } from "./storage.ts";

/** Our id in every dialect's dress. */
const DRESSES: Readonly<
  Record<AliasKind, readonly { readonly dialect: string; readonly prefix: string }[]>
> = {
  file: [
    { dialect: "openai", prefix: "file-" },
    { dialect: "anthropic", prefix: "file_" },
  ],
  batch: [
    { dialect: "openai", prefix: "batch_" },
    { dialect: "anthropic", prefix: "msgbatch_" },
  ],
  upload: [{ dialect: "openai", prefix: "upload_" }],
};

/** Writes down every id under which an object can be asked for: ours in each dress, and its native one. */
export async function insertAliases(
  tables: ClientTables,
  kind: AliasKind,
  object: StoredFile | Batch | Upload,
): Promise<void> {
  for (const { dialect, prefix } of DRESSES[kind]) {
    await tables.aliases.insert({
      kind,
      owner: object.owner,
      account: null,
      provider: object.provider,
      dialect,
      id: prefix + object.id,
      objectId: object.id,
    });
  }
  if ("native" in object && kind !== "upload") await claimNativeId(tables, kind, object);
}

/** Makes the native id that of our object, though someone may have listed it at its provider before it was known to be ours. */
export async function claimNativeId(
  tables: ClientTables,
  kind: "file" | "batch",
  object: StoredFile | Batch,
): Promise<void> {
  const { native, account, owner } = object;
  if (native === null || (await insertNativeAlias(tables, kind, object))) return;
  const aliases = await tables.aliases.find(kind, native.id, [owner]);
  const taken = aliases.find((alias) => alias.account === account)?.objectId ?? object.id;
  const table = kind === "file" ? tables.files : tables.batches;
  const other = await table.get(taken, [owner]);
  if (taken === object.id || other?.origin !== "upstream") return;
  await table.delete(taken, [owner]);
  for (const id of resultsOf(other)) await tables.files.delete(id, [owner]);
  await insertNativeAlias(tables, kind, object);
}

/** The files that a mirrored batch alone has named. */
function resultsOf(object: StoredFile | Batch): readonly string[] {
  if (!("outputFileId" in object)) return [];
  return [object.outputFileId, object.errorFileId].filter((id) => id !== null);
}

/** False if its native id, where it has one, is known already. */
export async function insertNativeAlias(
  tables: ClientTables,
  kind: "file" | "batch",
  object: StoredFile | Batch,
): Promise<boolean> {
  if (object.native === null) return true;
  return tables.aliases.insert({
    kind,
    owner: object.owner,
    account: object.account,
    provider: object.provider,
    dialect: null,
    id: object.native.id,
    objectId: object.id,
  });
}

/** Of these ids, those under which none of the owners has a file. */
export async function strangerFiles(
  tables: ClientTables,
  ids: readonly string[],
  owners: ClientOwners,
): Promise<ReadonlySet<string>> {
  const strangers = new Set<string>();
  for (const id of ids) {
    const found = await tables.aliases.find("file", id, owners);
    if (found.length === 0) strangers.add(id);
  }
  return strangers;
}
