import type { Batch } from "./batch.ts";
import type { StoredFile, Upload } from "./file.ts";
import type { AliasKind, Tables } from "./storage.ts";

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
  tables: Tables,
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
  if (!("native" in object) || object.native === null) return;
  await tables.aliases.insert({
    kind,
    owner: object.owner,
    account: object.account,
    provider: object.provider,
    dialect: null,
    id: object.native.id,
    objectId: object.id,
  });
}
