import { toFile } from "openai";
import { chatLine, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { rowsOf } from "../support/stored.ts";
import { MODELS, type ProviderName, type World } from "../support/world.ts";

/** Stands in the names and contents of a tenant's objects, and in no answer to another. */
export const canaryOf = (tenant: string) => `secret-of-${tenant}`;

/** What one tenant has at one provider: every id under which each thing could be asked for. */
export interface TenantObjects {
  readonly file: readonly string[];
  readonly batch: readonly string[];
  readonly upload: readonly string[];
  readonly part: readonly string[];
}

interface Maker {
  readonly world: World;
  readonly tenant: string;
  readonly apiKey: string;
  readonly provider: ProviderName;
}

/** Files, results, uploads and batches, ended and running, made through both dialects. */
export async function makeObjects({
  world,
  tenant,
  apiKey,
  provider,
}: Maker): Promise<TenantObjects> {
  const openai = world.openai({ apiKey });
  const anthropic = world.anthropic({ apiKey, provider });
  const canary = canaryOf(tenant);
  const model = MODELS[provider];
  const messages = [{ role: "user", content: canary }];
  const line = (id: string) => chatLine(id, { model, messages, max_tokens: 5 });
  const extra = { provider };
  const { control } = world.emulators[provider];

  const input = await uploadLines(openai, `${line("a")}\n${line("b")}`, { provider });
  await openai.files.create({
    file: await toFile(Buffer.from(canary), `${canary}.txt`),
    purpose: "user_data",
    ...extra,
  });
  const ended = await createBatch(openai, input.id, { metadata: { canary } });
  await waitForEnd(openai, ended.id);
  const inline = await anthropic.messages.batches.create({
    requests: [
      {
        custom_id: "a",
        params: { model, max_tokens: 5, messages: [{ role: "user", content: canary }] },
      },
    ],
  });
  await waitForEnd(openai, inline.id);
  control.setSpeed(0);
  await createBatch(openai, input.id, { metadata: { canary } });
  control.setSpeed("instant");
  const upload = await openai.uploads.create({
    bytes: 3,
    filename: `${canary}.txt`,
    mime_type: "text/plain",
    purpose: "assistants",
    ...extra,
  });
  const part = await openai.uploads.parts.create(upload.id, {
    data: await toFile(Buffer.from("abc"), "part"),
  });

  const mine = (await rowsOf(world.dataDir, "aliases")).filter(
    (alias) => alias["owner"] === tenant && alias["provider"] === provider,
  );
  const idsOf = (kind: string) => mine.filter((alias) => alias["kind"] === kind);
  const spelt = (kind: string) => [
    ...new Set(
      idsOf(kind).flatMap(({ id, object_id: objectId }) => spellings(String(id), String(objectId))),
    ),
  ];
  return { file: spelt("file"), batch: spelt("batch"), upload: spelt("upload"), part: [part.id] };
}

/** An id with slashes comes encoded from clients whose routes can't hold it; and someone may try it bare. */
function spellings(id: string, objectId: string): readonly string[] {
  return id.includes("/") ? [id, Buffer.from(id).toString("base64url")] : [id, objectId];
}

/** What of a row a stranger could change; a running batch goes on meanwhile. */
const COLUMNS = {
  files: ["id", "owner", "native_id", "filename", "blob", "sha256", "version"],
  uploads: ["id", "owner", "state", "file_id", "version"],
  upload_parts: ["id", "owner", "blob", "bytes"],
  aliases: ["id", "owner", "object_id"],
  batches: ["id", "owner", "native_id", "input_file_id", "cancelling_at"],
  parts: ["id", "owner", "job_id"],
} as const;

export async function stateOf(world: World, tenant: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const table of [
    "files",
    "uploads",
    "upload_parts",
    "aliases",
    "batches",
    "parts",
  ] as const) {
    for (const row of await rowsOf(world.dataDir, table)) {
      if (row["owner"] !== tenant) continue;
      rows.push(`${table} ${JSON.stringify(COLUMNS[table].map((column) => row[column]))}`);
    }
  }
  return rows;
}
