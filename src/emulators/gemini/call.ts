import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "./json.ts";
import { isJsonObject, parseJson } from "./json.ts";
import { invalidArgument } from "./status-error.ts";

/** One request of a client that is known. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** What the groups of the route's pattern matched, decoded, in order. */
  readonly ids: readonly string[];
  /** What the key belongs to; empty where a route asks for no key. */
  readonly project: string;
}

export type Reply =
  | {
      readonly kind: "json";
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "events"; readonly type: string; readonly events: Iterable<string> }
  | { readonly kind: "file"; readonly path: string; readonly bytes: number };

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Of the whole path. */
  readonly pattern: RegExp;
  /** Whether a request without a key may come here; none if left out. */
  readonly isOpen?: (query: URLSearchParams) => boolean;
  readonly answer: (call: Call) => Promise<Reply> | Reply;
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { kind: "json", body, headers };
}

/** An absent body counts as `{}`: SDKs announce JSON and send nothing on calls without parameters. */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes >= maxBytes) {
      throw invalidArgument(`Request payload size exceeds the limit: ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return bytes === 0 ? {} : parseBody(Buffer.concat(chunks));
}

export function parseBody(source: Buffer): JsonObject {
  try {
    const body = isUtf8(source) ? parseJson(source.toString("utf8")) : null;
    if (isJsonObject(body)) return body;
  } catch {
    // Nesting too deep for the parser ends here as well.
  }
  throw invalidArgument("Invalid JSON payload received. The body is not a JSON object.");
}

export interface PageLimits {
  readonly max: number;
  readonly otherwise: number;
  /** Whether a page that is too large is refused, or cut to what is possible. */
  readonly refuses: boolean;
}

interface Page<Item> {
  readonly items: readonly Item[];
  /** To be spread into the answer: an empty token would make a client loop for ever. */
  readonly next: { readonly nextPageToken?: string };
}

/** The newest come first; what is made while a client pages doesn't move what it has yet to see. */
export function pageOf<Item extends { readonly serial: number }>(
  newestFirst: readonly Item[],
  query: URLSearchParams,
  limits: PageLimits,
): Page<Item> {
  const size = sizeOf(query.get("pageSize") ?? query.get("page_size"), limits);
  const token = query.get("pageToken") ?? query.get("page_token") ?? "";
  const before = token === "" ? Number.POSITIVE_INFINITY : serialOf(token);
  const rest = newestFirst.filter((item) => item.serial < before);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) return { items, next: {} };
  const nextPageToken = Buffer.from(`before:${last.serial}`).toString("base64url");
  return { items, next: { nextPageToken } };
}

function serialOf(token: string): number {
  const serial = /^before:(\d+)$/.exec(Buffer.from(token, "base64url").toString("latin1"))?.[1];
  if (serial === undefined) throw invalidArgument("The page token is invalid.");
  return Number(serial);
}

function sizeOf(value: string | null, limits: PageLimits): number {
  const size = Number(value ?? 0);
  if (!Number.isInteger(size) || size < 0) {
    throw invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), "${value}"`);
  }
  if (size === 0) return limits.otherwise;
  if (size > limits.max && limits.refuses) {
    throw invalidArgument(
      `* ListFilesRequest.page_size: page_size must be in the range [1, ${limits.max}]`,
    );
  }
  return Math.min(size, limits.max);
}
