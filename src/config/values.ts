import { isIP } from "node:net";
import { z } from "zod";
import { parseS3Uri, toS3Uri } from "../core/s3-uri.ts";

/** Its value never reaches a log, an error or the documentation. */
export function secret(description: string) {
  return text().nullable().default(null).meta({ description, secret: true });
}

export function text() {
  const message = "must be a text that isn't empty";
  return z.string({ error: message }).trim().min(1, message);
}

export function yesOrNo() {
  return z.boolean({ error: "must be true or false (also: yes, no, on, off, 1, 0)" });
}

export function wholeNumber(lowest: number, highest: number) {
  const message = `must be a whole number from ${lowest} to ${highest}`;
  return z.number({ error: message }).int(message).min(lowest, message).max(highest, message);
}

export function seconds(lowest: number, highest: number) {
  const message = `must be a number of seconds from ${lowest} to ${highest}`;
  return z.number({ error: message }).min(lowest, message).max(highest, message);
}

export function bytes(lowest: number, highest: number) {
  const message = `must be a number of bytes from ${lowest} to ${highest}, or such a text as 64MiB or 500MB`;
  return z
    .number({ error: message })
    .int(message)
    .min(lowest, message)
    .max(highest, message)
    .meta({ unit: "bytes" });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

/** Without a slash at the end. Credentials don't belong in an address: it is logged and shown. */
export function httpUrl() {
  return text()
    .refine(isPlainHttpUrl, {
      error: "must be an http:// or https:// address without user, password, query and fragment",
    })
    .transform((value) => value.replace(/\/+$/, ""));
}

function isPlainHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return (
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.username === "" &&
    url.password === "" &&
    !/[?#]/.test(value)
  );
}

/** As browsers write it: no path, no slash at the end. `*` isn't one, for pages anywhere could then use an open gateway. */
export function webOrigin() {
  return text().refine((value) => /^https?:/.test(value) && URL.parse(value)?.origin === value, {
    error: "must be an origin such as https://app.example.com, without path and slash at the end",
  });
}

/** By the rule that the locations of clients are held against. */
export function s3Uri() {
  return text()
    .refine(isS3Uri, { error: "must be like s3://bucket or s3://bucket/prefix" })
    .transform((value) => toS3Uri(parseS3Uri(value)));
}

function isS3Uri(value: string): boolean {
  try {
    parseS3Uri(value);
    return true;
  } catch {
    return false;
  }
}

const NAMED_RANGES: ReadonlySet<string> = new Set(["loopback", "linklocal", "uniquelocal"]);

/** An address, a range such as 10.0.0.0/8, or one of the names that Fastify knows. */
export function addressRange() {
  return text().refine(isAddressRange, {
    error: "must be an IP address, a range such as 10.0.0.0/8, or loopback, linklocal, uniquelocal",
  });
}

function isAddressRange(value: string): boolean {
  if (NAMED_RANGES.has(value)) return true;
  const [address = "", prefix, ...rest] = value.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}
