import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { UpstreamFile, UpstreamPage } from "../../core/provider.ts";
import type { S3Location } from "../../core/s3-uri.ts";
import type { S3ObjectInfo } from "../../s3/objects.ts";
import { isOwnKey, toObjectId } from "./object-keys.ts";
import type { Bucket } from "./bucket.ts";

/** A page of S3's own; within it the newest come first. */
const CHUNK = 1_000;
/** Each file of ours costs a call more, for its name. */
const MAX_PAGE = 100;
const CALLS_AT_ONCE = 16;

interface Listed {
  readonly bucket: Bucket;
  readonly location: S3Location;
  readonly toFile: (
    id: string,
    object: Pick<S3ObjectInfo, "key" | "bytes" | "modifiedAt"> & Partial<S3ObjectInfo>,
  ) => UpstreamFile;
}

interface Entry {
  readonly id: string;
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

interface Chunk {
  /** Newest first. */
  readonly entries: readonly Entry[];
  /** The key behind which there may be more; null at the end. */
  readonly lastKey: string | null;
}

/** Where a page begins: in the chunk behind the key `from`, after the file `after`. */
const cursorSchema = z.object({ from: z.string(), after: z.string().nullable() });

export async function listFiles(
  listed: Listed,
  query: { readonly after: string | null; readonly limit: number },
  signal: AbortSignal,
): Promise<UpstreamPage<UpstreamFile>> {
  const limit = Math.min(query.limit, MAX_PAGE);
  let { from, after } = readCursor(query.after);
  for (;;) {
    const { entries, lastKey } = await readChunk(listed, from, signal);
    const start = after === null ? 0 : entries.findIndex((entry) => entry.id === after) + 1;
    const isFound = after === null || start > 0;
    const shown = isFound ? entries.slice(start, start + limit) : [];
    const last = shown.at(-1);
    if (last !== undefined) {
      const isMore = start + limit < entries.length;
      const behind = lastKey === null ? null : { from: lastKey, after: null };
      const next = isMore ? { from, after: last.id } : behind;
      const items = await describeFiles(listed, shown, signal);
      return { items, next: next === null ? null : JSON.stringify(next) };
    }
    if (lastKey === null && isFound) return { items: [], next: null };
    if (lastKey === null) throw notThere(after);
    from = lastKey;
    if (isFound) after = null;
  }
}

/** An id of a file may stand in any chunk. */
function readCursor(after: string | null): z.infer<typeof cursorSchema> {
  if (after === null || !after.startsWith("{")) return { from: "", after };
  try {
    return cursorSchema.parse(JSON.parse(after));
  } catch {
    throw notThere(after);
  }
}

async function readChunk(
  { bucket, location }: Listed,
  from: string,
  signal: AbortSignal,
): Promise<Chunk> {
  const prefix = location.path === "" ? "" : `${location.path}/`;
  const entries: Entry[] = [];
  let lastKey = "";
  let count = 0;
  const after = from === "" ? undefined : from;
  for await (const { key, bytes, modifiedAt } of bucket.objects.list(prefix, signal, after)) {
    lastKey = key;
    count += 1;
    const id = toObjectId(bucket.name, key);
    if (id !== null) entries.push({ id, key, bytes, modifiedAt });
    if (count === CHUNK) break;
  }
  // Files of one second stay in the order of their keys, which is that of their making.
  entries.sort((one, other) => other.modifiedAt - one.modifiedAt);
  return { entries, lastKey: count < CHUNK ? null : lastKey };
}

/** A list says nothing of names and purposes; of objects that aren't ours nothing does. */
async function describeFiles(
  { bucket, toFile }: Listed,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<readonly UpstreamFile[]> {
  const files: UpstreamFile[] = [];
  for (let start = 0; start < entries.length; start += CALLS_AT_ONCE) {
    const some = entries.slice(start, start + CALLS_AT_ONCE).map(async (entry) => {
      const known = isOwnKey(entry.key) ? await bucket.objects.stat(entry.key, signal) : entry;
      return known === null ? null : toFile(entry.id, known);
    });
    files.push(...(await Promise.all(some)).filter((file) => file !== null));
  }
  return files;
}

function notThere(after: string | null): GatewayError {
  const shown = JSON.stringify((after ?? "").slice(0, 200));
  return new GatewayError("upstream_not_found", `There is no file ${shown} to list after.`);
}
