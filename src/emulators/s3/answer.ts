import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { writeErrorXml, writeXml, type XmlElement } from "./xml.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Buffer>;
}

export function emptyAnswer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: "" };
}

export function xmlAnswer(root: string, content: readonly XmlElement[]): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: writeXml(root, content),
  };
}

export function errorXml(code: string, message: string, fields: Readonly<Record<string, string>>) {
  return writeErrorXml([
    ["Code", code],
    ["Message", message],
    ...Object.entries(fields),
    ["RequestId", newRequestId()],
    ["HostId", newHostId()],
  ]);
}

/** What isn't an error of S3 is one of the emulator itself. */
export function errorAnswer(error: unknown): Answer {
  const known =
    error instanceof S3Error
      ? error
      : new S3Error("InternalError", `We encountered an internal error: ${String(error)}`);
  return {
    status: known.status,
    headers: { "content-type": "application/xml" },
    body: errorXml(known.code, known.message, known.fields),
  };
}

/** HEAD never gets a body, so that its errors have none to tell their code. */
export async function sendAnswer(request: S3Request, answer: Answer): Promise<void> {
  const { response } = request;
  const { status, headers, body } = answer;
  const hasNoBody = request.method === "HEAD" || status === 204 || status === 304;
  const length =
    typeof body === "string" && status !== 204 && status !== 304 && request.method !== "HEAD"
      ? { "content-length": String(Buffer.byteLength(body)) }
      : {};
  response.writeHead(status, {
    server: "AmazonS3",
    "x-amz-request-id": newRequestId(),
    "x-amz-id-2": newHostId(),
    ...length,
    ...headers,
  });
  if (hasNoBody) response.end();
  else if (typeof body === "string") response.end(body);
  else await stream(body, response);
}

/** What was sent is as much as the client took: one that leaves is no fault of ours. */
async function stream(body: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  try {
    await pipeline(Readable.from(body, { objectMode: false, highWaterMark: 256 * 1024 }), response);
  } catch {
    response.destroy();
  }
}

function newRequestId(): string {
  return randomBytes(8).toString("hex").toUpperCase();
}

function newHostId(): string {
  return randomBytes(32).toString("base64");
}
