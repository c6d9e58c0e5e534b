import type { Client } from "./client.ts";
import { GatewayError } from "./errors.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { isWithin, parseS3Uri, toS3Location, toS3Uri, type S3Location } from "./s3-uri.ts";

const STORAGE = "storage_config.s3";

/** A location that a request names, and the field that names it. */
export interface NamedS3Location {
  readonly location: S3Location;
  readonly param: string;
}

/**
 * The one gate for every S3 location that a client names: `forbidden` unless the client may use it, `invalid_request` if it
 * is no location at all.
 */
export function checkS3Location(
  client: Pick<Client, "s3">,
  uri: string,
  param?: string,
): S3Location {
  const location = parseS3Uri(uri, param);
  checkAllowed(client, location, param);
  return location;
}

/** Checks every location that a request's options name, and returns them. */
export function checkS3Options(
  client: Pick<Client, "s3">,
  options: JsonObject,
): readonly NamedS3Location[] {
  const named = findS3Locations(options);
  for (const { location, param } of named) checkAllowed(client, location, param);
  return named;
}

/** Where the options say that files lie; null if they don't. */
export function findStoragePlace(
  client: Pick<Client, "s3">,
  options: JsonObject,
): S3Location | null {
  const named = checkS3Options(client, options);
  return named.find(({ param }) => param === STORAGE)?.location ?? null;
}

/**
 * Every S3 location in a request's options: `storage_config.s3`, and any other text that is an S3 URI, whatever field
 * it stands in, so that a field added later can't pass by the gate. An endpoint that a client names is never read.
 */
export function findS3Locations(options: JsonObject): readonly NamedS3Location[] {
  const found: NamedS3Location[] = [];
  const storage = findStorageConfig(options);
  if (storage !== null) found.push(storage);
  const output = own(options, "output_s3_uri");
  if (output !== undefined && output !== null && typeof output !== "string") {
    throw wrongField("output_s3_uri", "must be text like s3://bucket/prefix");
  }
  const waiting: { readonly value: Json | undefined; readonly param: string }[] = [
    { value: options, param: "" },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, param } = next;
    if (typeof value === "string") {
      if (param === "output_s3_uri" || /^\s*s3:/i.test(value)) {
        found.push({ location: parseS3Uri(value, param), param });
      }
    } else if (typeof value === "object" && value !== null) {
      const prefix = param === "" ? "" : `${param}.`;
      for (const [key, inner] of Object.entries(value)) {
        waiting.push({ value: inner, param: `${prefix}${key}` });
      }
    }
  }
  return found;
}

function checkAllowed(client: Pick<Client, "s3">, location: S3Location, param?: string): void {
  if (client.s3 === "anywhere") return;
  if (client.s3.some((allowed) => isWithin(location, parseS3Uri(allowed)))) return;
  const allowed =
    client.s3.length === 0
      ? "it may name no S3 location: leave it out and the gateway's default is used"
      : "it may name only what lies below the S3 locations configured for its key";
  throw new GatewayError(
    "forbidden",
    `This client may not use ${toS3Uri(location)}; ${allowed}.`,
    param === undefined ? {} : { param },
  );
}

/** `storage_config: {"s3": {"bucket", "prefix", "region"}}` */
function findStorageConfig(options: JsonObject): NamedS3Location | null {
  const config = own(options, "storage_config");
  if (config === undefined || config === null) return null;
  if (!isJsonObject(config)) {
    throw wrongField("storage_config", 'must be an object like {"s3": {"bucket": "name"}}');
  }
  const s3 = own(config, "s3");
  if (s3 === undefined || s3 === null) return null;
  if (!isJsonObject(s3)) {
    throw wrongField("storage_config.s3", 'must be an object like {"bucket": "name"}');
  }
  const region = own(s3, "region");
  // The region becomes part of a host name: a dot or slash in it would send the bytes elsewhere.
  if (
    region !== undefined &&
    region !== null &&
    (typeof region !== "string" || !/^[a-z0-9]+(-[a-z0-9]+){0,6}$/.test(region))
  ) {
    throw wrongField("storage_config.s3.region", "must be a region like us-west-2");
  }
  const bucket = own(s3, "bucket");
  const prefix = own(s3, "prefix") ?? "";
  if (typeof bucket !== "string") {
    throw wrongField("storage_config.s3.bucket", "must be the name of a bucket");
  }
  if (typeof prefix !== "string") {
    throw wrongField("storage_config.s3.prefix", "must be text like folder/subfolder");
  }
  return { location: toS3Location(bucket, prefix, STORAGE), param: STORAGE };
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function wrongField(param: string, rule: string): GatewayError {
  return new GatewayError("invalid_request", `${param} ${rule}`, { param });
}
