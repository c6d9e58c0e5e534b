import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { z } from "zod";
import type { ByteRange } from "../core/blobs.ts";
import { GatewayError } from "../core/errors.ts";
import { windowStream } from "../lib/stream-window.ts";
import { type BrokenCall, toBrokenError } from "./upstream-error.ts";

const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** A JSON answer as its schema reads it; an empty one reads as null. */
export async function parseReply<Value>(
  response: Dispatcher.ResponseData,
  { provider, call, reply }: { provider: string; call: string; reply: z.ZodType<Value> },
): Promise<Value> {
  const answer = `${provider} answered ${response.statusCode} to ${call}`;
  refuseEncoding(response, answer);
  const text = await readBounded(response.body, MAX_JSON_BYTES);
  if (text === null) {
    throw new GatewayError(
      "upstream_unavailable",
      `${answer} with more than ${MAX_JSON_BYTES} bytes of JSON.`,
    );
  }
  const json = parseJson(text, answer);
  const parsed = reply.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") || "the whole";
  throw new GatewayError(
    "upstream_unavailable",
    `${answer} with unexpected JSON: ${where}: ${issue?.message}.`,
  );
}

function parseJson(text: string, answer: string): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("upstream_unavailable", `${answer} with something that isn't JSON.`, {
      cause,
    });
  }
}

/** The text of a small body; null if it is larger than it may be. */
export async function readBounded(body: Readable, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and so its connection.
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export interface OpenReply {
  readonly broken: BrokenCall;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal;
}

/** The body as a stream that ends with an error if it was cut off; a range is cut out here where the host sent everything. */
export function openReply(
  response: Dispatcher.ResponseData,
  { broken, range, signal }: OpenReply,
): Readable {
  const answer = `${broken.provider} answered ${response.statusCode} to ${broken.call}`;
  refuseEncoding(response, answer);
  const isPart = response.statusCode === 206;
  if (isPart && range !== undefined) checkRange(response, { range, answer });
  const isWhole = range === undefined || isPart;
  return windowStream(response.body, {
    bytes: toLength(response.headers["content-length"]),
    skip: isWhole ? 0 : range.start,
    take: isWhole ? null : range.end - range.start + 1,
    toError: (cause) =>
      signal.aborted && signal.reason instanceof Error
        ? signal.reason
        : toBrokenError(cause, broken),
  });
}

function checkRange(
  response: Dispatcher.ResponseData,
  { range, answer }: { range: ByteRange; answer: string },
): void {
  const sent = String(response.headers["content-range"]);
  if (sent.startsWith(`bytes ${range.start}-`)) return;
  discard(response);
  throw new GatewayError(
    "upstream_unavailable",
    `${answer} with '${sent.slice(0, 100)}' where bytes ${range.start}-${range.end} were asked for.`,
  );
}

/** We ask for plain bytes; passed on, others would be taken for the content. */
export function refuseEncoding(response: Dispatcher.ResponseData, answer: string): void {
  const encoding = response.headers["content-encoding"];
  if (encoding === undefined || encoding === "" || encoding === "identity") return;
  discard(response);
  throw new GatewayError(
    "upstream_unavailable",
    `${answer} with content-encoding ${String(encoding).slice(0, 40)}, though plain bytes were asked for.`,
  );
}

function discard(response: Dispatcher.ResponseData): void {
  response.body.on("error", () => undefined).destroy();
}

function toLength(header: string | string[] | undefined): number | null {
  return typeof header === "string" && /^\d+$/.test(header) ? Number(header) : null;
}
