import { xmlAnswer, type Answer } from "./answer.ts";
import { MAX_PAGE } from "./limits.ts";
import { queryNumber, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { compareKeys, findBucket, type S3State, type StoredObject } from "./state.ts";
import type { XmlElement } from "./xml.ts";

/** Where a page ended: after a key, or after all keys that begin with a common prefix. */
interface Place {
  readonly kind: "key" | "prefix";
  readonly at: string;
}

type Entry = { readonly place: Place; readonly element: XmlElement };

/** ListObjectsV2 */
export function listObjects(state: S3State, request: S3Request): Answer {
  const bucket = findBucket(state, request.bucket);
  const { query } = request;
  const asked = queryNumber(request, "max-keys", { min: 0, max: 2 ** 31 - 1, otherwise: MAX_PAGE });
  const maxKeys = Math.min(asked, MAX_PAGE);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const startAfter = query.get("start-after");
  const token = query.get("continuation-token");
  const shown = textEncoder(request);
  const from: Place =
    token === undefined ? { kind: "key", at: startAfter ?? "" } : parseToken(token);

  const entries: Entry[] = [];
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix));
  for (const key of keys.sort(compareKeys)) {
    const last = entries.at(-1)?.place ?? from;
    if (isPassed(key, last)) continue;
    if (entries.length > maxKeys) break;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      const object = bucket.objects.get(key);
      if (object === undefined) continue;
      entries.push({ place: { kind: "key", at: key }, element: toContents(object, shown) });
    } else {
      const common = key.slice(0, cut + delimiter.length);
      const element: XmlElement = ["CommonPrefixes", [["Prefix", shown(common)]]];
      entries.push({ place: { kind: "prefix", at: common }, element });
    }
  }

  const page = entries.slice(0, maxKeys);
  const last = page.at(-1);
  const isTruncated = entries.length > page.length && last !== undefined;
  return xmlAnswer("ListBucketResult", [
    ["Name", bucket.name],
    ["Prefix", shown(prefix)],
    ["Delimiter", delimiter === "" ? undefined : shown(delimiter)],
    ["StartAfter", startAfter === undefined ? undefined : shown(startAfter)],
    ["ContinuationToken", token],
    ["NextContinuationToken", isTruncated ? toToken(last.place) : undefined],
    ["KeyCount", page.length],
    ["MaxKeys", maxKeys],
    ["EncodingType", query.get("encoding-type")],
    ["IsTruncated", isTruncated],
    ...page.map(({ element }) => element),
  ]);
}

/** Keys may hold what XML can't say: then the client asks for `encoding-type=url`. */
export function textEncoder(request: S3Request): (text: string) => string {
  const type = request.query.get("encoding-type");
  if (type === undefined) return (text) => text;
  if (type === "url") return (text) => encodeURIComponent(text).replaceAll("%2F", "/");
  throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request", {
    ArgumentName: "encoding-type",
    ArgumentValue: type,
  });
}

/** S3 tells times of a list to the second. */
export function isoSecond(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();
}

function toContents(object: StoredObject, shown: (text: string) => string): XmlElement {
  return [
    "Contents",
    [
      ["Key", shown(object.key)],
      ["LastModified", isoSecond(object.modifiedAt)],
      ["ETag", `"${object.etag}"`],
      ["ChecksumAlgorithm", object.checksum?.algorithm],
      ["ChecksumType", object.checksum?.type],
      ["Size", object.body.bytes],
      ["StorageClass", "STANDARD"],
    ],
  ];
}

function isPassed(key: string, last: Place): boolean {
  if (last.kind === "prefix" && key.startsWith(last.at)) return true;
  return last.at !== "" && compareKeys(key, last.at) <= 0;
}

function toToken(place: Place): string {
  return Buffer.from(`${place.kind}:${place.at}`).toString("base64");
}

function parseToken(token: string): Place {
  const match = /^(key|prefix):(.+)$/s.exec(Buffer.from(token, "base64").toString("utf8"));
  const [, kind, at] = match ?? [];
  if ((kind === "key" || kind === "prefix") && at !== undefined) return { kind, at };
  throw new S3Error("InvalidArgument", "The continuation token provided is incorrect", {
    ArgumentName: "continuation-token",
  });
}
