import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_KEY_BYTES } from "./limits.ts";
import { S3Error } from "./s3-error.ts";

/** One call, its path read. */
export interface S3Request {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** As sent, for the signature. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly bucket: string;
  /** Empty for a call on the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

/** Path style only: `/bucket/key`. */
export function parseRequest(message: IncomingMessage, response: ServerResponse): S3Request {
  const url = message.url ?? "/";
  const mark = url.indexOf("?");
  const rawPath = mark === -1 ? url : url.slice(0, mark);
  const rawQuery = mark === -1 ? "" : url.slice(mark + 1);
  const slash = rawPath.indexOf("/", 1);
  const bucket = decode(slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash));
  const key = slash === -1 ? "" : decode(rawPath.slice(slash + 1));
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error("KeyTooLongError", "Your key is too long", {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  }
  const method = message.method ?? "GET";
  return { message, response, method, rawPath, rawQuery, bucket, key, query: parseQuery(rawQuery) };
}

export function header(request: S3Request, name: string): string | undefined {
  const value = request.message.headers[name];
  return typeof value === "string" ? value : value?.join(", ");
}

/** A whole number in a query parameter. */
export function queryNumber(
  request: S3Request,
  name: string,
  allowed: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const text = request.query.get(name);
  if (text === undefined || text === "") return allowed.otherwise;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < allowed.min || value > allowed.max) {
    throw new S3Error(
      "InvalidArgument",
      `Argument ${name} must be an integer between ${allowed.min} and ${allowed.max}`,
      { ArgumentName: name, ArgumentValue: text },
    );
  }
  return value;
}

function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const pair of rawQuery.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    query.set(name, equals === -1 ? "" : decode(pair.slice(equals + 1)));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", { URI: text });
  }
}
