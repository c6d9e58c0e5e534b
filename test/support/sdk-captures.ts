import { readFileSync } from "node:fs";
import { z } from "zod";

/** A request as an official SDK put it on the wire; the body is one character a byte. */
export interface Capture {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const lineSchema = z
  .object({
    m: z.string(),
    u: z.string(),
    h: z.array(z.tuple([z.string(), z.string()])),
    b: z.string(),
    n: z.number(),
  })
  .transform(({ m, u, h, b }) => ({
    method: m,
    url: u,
    headers: h,
    body: Buffer.from(b, "latin1"),
  }));

export function readCaptures(name: string): readonly Capture[] {
  const path = new URL(`../fixtures/sdk-captures/${name}.jsonl`, import.meta.url);
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

/** The bytes of the request, its headers in their order, for a connection that is closed after it. */
export function bytesOf({ method, url, headers, body }: Capture): Buffer {
  const isChunked = headers.some(([name]) => name.toLowerCase() === "transfer-encoding");
  const kept = headers.filter(([name]) => name.toLowerCase() !== "connection");
  const head = [
    `${method} ${url} HTTP/1.1`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  const sent = isChunked
    ? Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from("\r\n0\r\n\r\n"),
      ])
    : body;
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), sent]);
}
