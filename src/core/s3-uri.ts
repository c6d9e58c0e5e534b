import { GatewayError } from "./errors.ts";

/** A bucket, or what lies below a path in it. */
export interface S3Location {
  readonly bucket: string;
  /** Segments joined by single slashes, none at the ends; empty for the whole bucket. What lists below it adds the slash. */
  readonly path: string;
}

const MAX_URI_LENGTH = 1024;
const BUCKET = /^[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const SEGMENT = /^[-!_*'().a-z0-9A-Z]+$/;

/**
 * Reads `s3://bucket/path` by the rule that Bedrock has for its `s3Uri`, and refuses what only looks like a path: `.` and
 * `..` as segments, empty segments, percent signs.
 */
export function parseS3Uri(uri: string, param?: string): S3Location {
  if (!uri.startsWith("s3://")) {
    throw malformed(uri, param, "it must begin with s3:// and a bucket");
  }
  const [bucket = "", ...segments] = uri.slice("s3://".length).split("/");
  if (segments.at(-1) === "") segments.pop();
  return checked(uri, { bucket, segments }, param);
}

/** The same rule for a bucket and a prefix given apart; the prefix may end in a slash, or be empty. */
export function toS3Location(bucket: string, prefix: string, param?: string): S3Location {
  const segments = prefix === "" ? [] : prefix.split("/");
  if (segments.length > 1 && segments.at(-1) === "") segments.pop();
  return checked(`s3://${bucket}/${prefix}`, { bucket, segments }, param);
}

export function toS3Uri(location: S3Location): string {
  return location.path === ""
    ? `s3://${location.bucket}`
    : `s3://${location.bucket}/${location.path}`;
}

/** Whether `inner` is `outer` or lies below it, by whole segments. */
export function isWithin(inner: S3Location, outer: S3Location): boolean {
  if (inner.bucket !== outer.bucket) return false;
  return outer.path === "" || inner.path === outer.path || inner.path.startsWith(`${outer.path}/`);
}

function checked(
  uri: string,
  parts: { readonly bucket: string; readonly segments: readonly string[] },
  param?: string,
): S3Location {
  const { bucket, segments } = parts;
  if (uri.length > MAX_URI_LENGTH) {
    throw malformed(uri, param, `it is longer than ${MAX_URI_LENGTH} characters`);
  }
  if (!BUCKET.test(bucket) || bucket.includes("..") || IPV4.test(bucket)) {
    throw malformed(
      uri,
      param,
      "a bucket is 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends",
    );
  }
  for (const segment of segments) {
    if (segment === "") throw malformed(uri, param, "a segment of its path is empty");
    if (segment === "." || segment === "..") {
      throw malformed(uri, param, `its path has the segment "${segment}"`);
    }
    if (!SEGMENT.test(segment)) {
      throw malformed(
        uri,
        param,
        "a path holds only letters, digits and - ! _ * ' ( ) . between slashes",
      );
    }
  }
  return { bucket, path: segments.join("/") };
}

function malformed(uri: string, param: string | undefined, why: string): GatewayError {
  const shown = uri.length > 200 ? `${uri.slice(0, 200)}…` : uri;
  return new GatewayError(
    "invalid_request",
    `${JSON.stringify(shown)} is no S3 location like s3://bucket/prefix: ${why}`,
    param === undefined ? {} : { param },
  );
}
