import { randomUUID } from "node:crypto";
import { GatewayError } from "../../core/errors.ts";
import { parseS3Uri, type S3Location, toS3Uri } from "../../core/s3-uri.ts";
import { baseName } from "../../lib/base-name.ts";

/** After the year 2286 newer files would stand behind older ones. */
const LAST_TIME = 9_999_999_999_999;
const MAX_NAME_LENGTH = 200;
const OWN_KEY = /(?:^|\/)[0-9a-z]{9}-[0-9a-f-]{36}\/[^/]+$/;

let lastTime = LAST_TIME;

/**
 * `prefix/<time>-<random>/in.jsonl`. S3 lists by key: the time counts down, so that what is newest comes first. A name holds
 * only what Bedrock takes in an S3 URI.
 */
export function createKey(
  location: S3Location,
  file: { readonly filename: string; readonly purpose: string },
  now: number,
): string {
  lastTime = Math.min(LAST_TIME - Math.floor(now), lastTime - 1);
  const folder = `${lastTime.toString(36).padStart(9, "0")}-${randomUUID()}`;
  const path = [location.path, folder, safeName(file)].filter((part) => part !== "");
  // A prefix may be as long as S3 allows: with the name it may be too long for Bedrock.
  return parseS3Uri(toS3Uri({ ...location, path: path.join("/") }), "storage_config").path;
}

/** Whether the object is one of ours, whose metadata say what it was called. */
export function isOwnKey(key: string): boolean {
  return OWN_KEY.test(key);
}

/** An id is an S3 URI; anything else is the id of nothing. */
export function parseObjectId(id: string): S3Location {
  const found = readObjectId(id);
  if (found !== null) return found;
  throw new GatewayError(
    "upstream_not_found",
    `${JSON.stringify(id.slice(0, 200))} can't be a file here: the id of one is like s3://bucket/folder/in.jsonl.`,
    { notSent: true },
  );
}

/** Null where no S3 URI by Bedrock's rule leads to the object. */
export function toObjectId(bucket: string, key: string): string | null {
  const uri = `s3://${bucket}/${key}`;
  const found = readObjectId(uri);
  return found !== null && toS3Uri(found) === uri ? uri : null;
}

export function purposeOf(key: string): string {
  if (key.endsWith(".out")) return "batch_output";
  return key.endsWith(".jsonl") ? "batch" : "user_data";
}

function readObjectId(id: string): S3Location | null {
  try {
    const location = parseS3Uri(id);
    return location.path === "" ? null : location;
  } catch {
    return null;
  }
}

function safeName(file: { readonly filename: string; readonly purpose: string }): string {
  const safe = baseName(file.filename)
    .replaceAll(/[^-!_*'().a-z0-9A-Z]+/g, "-")
    .slice(-MAX_NAME_LENGTH);
  const name = /^\.*$/.test(safe) ? "file" : safe;
  // Bedrock reads nothing else.
  return file.purpose === "batch" && !name.endsWith(".jsonl") ? `${name}.jsonl` : name;
}
