import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import { diskErrorCode } from "../blobs/disk-errors.ts";

/** Goes up when an export is laid out in another way. */
export const FORMAT_VERSION = 1;

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const listing = z.strictObject({ rows: count, bytes: count, sha256 });

/**
 * What an export holds. It is written last: a folder without it is an export that was cut short. `tables/<name>.jsonl` has a
 * row a line, `blobs.jsonl` a blob a line, and `blobs/` what a gateway's own folder of blobs has.
 */
const manifestSchema = z.strictObject({
  format: z.literal("crossbatch-export"),
  version: z.literal(FORMAT_VERSION),
  /** The schema that the rows are of. */
  migrations: z.array(z.string()),
  /** Tells the secret by which keys are sealed and owners are named, without telling it. */
  secret: z.string(),
  exportedAt: z.string(),
  tables: z.record(z.string(), listing),
  /** `rows` and `bytes` of the blobs; `list` is `blobs.jsonl` itself. */
  blobs: z.strictObject({ count, bytes: count, list: listing }),
});

export type Manifest = z.infer<typeof manifestSchema>;

const blobSchema = z.strictObject({ key: z.string(), bytes: count, sha256 });

/** A line of `blobs.jsonl`. */
export type ListedBlob = z.infer<typeof blobSchema>;

export function parseListedBlob(line: string): ListedBlob {
  return blobSchema.parse(JSON.parse(line));
}

export const manifestPath = (folder: string): string => join(folder, "manifest.json");
export const tablePath = (folder: string, table: string): string =>
  join(folder, "tables", `${table}.jsonl`);
export const blobListPath = (folder: string): string => join(folder, "blobs.jsonl");
export const blobFolder = (folder: string): string => join(folder, "blobs");

/** Throws `invalid_request` if the folder holds no whole export of a version that this program reads. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readManifestText(folder);
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GatewayError(
    "invalid_request",
    `${manifestPath(folder)} isn't what this version of Crossbatch writes (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}). Import with the version that exported.`,
  );
}

async function readManifestText(folder: string): Promise<string> {
  try {
    return await readFile(manifestPath(folder), "utf8");
  } catch (error) {
    if (diskErrorCode(error) !== "ENOENT") throw error;
    throw new GatewayError(
      "invalid_request",
      `${folder} has no manifest.json: it is no export, or one that was cut short. Run the export again into the same folder.`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
