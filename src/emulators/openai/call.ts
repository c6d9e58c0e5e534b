import type { IncomingMessage } from "node:http";
import { isUtf8 } from "node:buffer";
import { ApiError, badRequest, notFound } from "./api-error.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, parseJson } from "../json.ts";

/** One request of a client that is known. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** The variable segments of the path, decoded, in order. */
  readonly ids: readonly string[];
  /** What the key belongs to; keys of one project see the same objects. */
  readonly project: string;
}

export type Reply =
  | { readonly kind: "json"; readonly body: unknown }
  | { readonly kind: "events"; readonly events: Iterable<string> }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly bytes: number;
      readonly filename: string;
    };

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the API's root; `*` stands for one segment. */
  readonly path: string;
  readonly answer: (call: Call) => Promise<Reply> | Reply;
}

export function json(body: unknown): Reply {
  return { kind: "json", body };
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
    if (bytes > maxBytes)
      throw new ApiError(413, `Maximum content size limit (${maxBytes}) exceeded.`);
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  const source = Buffer.concat(chunks);
  try {
    const body = isUtf8(source) ? parseJson(source.toString("utf8")) : null;
    if (isJsonObject(body)) return body;
  } catch {
    // Nesting too deep for the parser ends here as well.
  }
  throw badRequest(
    "We could not parse the JSON body of your request. The API expects a JSON payload.",
  );
}

/** A page's size and cursor, as all of OpenAI's lists take them. */
export interface Page<Item> {
  readonly data: readonly Item[];
  readonly hasMore: boolean;
}

export interface PageLimits {
  readonly max: number;
  readonly otherwise: number;
  /** How the API says that it has no such object. */
  readonly missing: (id: string) => string;
}

export function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: URLSearchParams,
  limits: PageLimits,
): Page<Item> {
  const limit = limitOf(query.get("limit"), limits);
  const after = query.get("after");
  let start = 0;
  if (after !== null && after !== "") {
    start = items.findIndex((item) => item.id === after) + 1;
    if (start === 0) throw notFound(limits.missing(after), "after");
  }
  const data = items.slice(start, start + limit);
  return { data, hasMore: start + data.length < items.length };
}

function limitOf(value: string | null, limits: PageLimits): number {
  if (value === null || value === "") return limits.otherwise;
  const limit = Number(value);
  const problem = `Invalid 'limit': integer`;
  if (!Number.isInteger(limit)) {
    throw badRequest(
      `Invalid type for 'limit': expected an integer, but got '${value}' instead.`,
      "limit",
      "invalid_type",
    );
  }
  if (limit < 1) {
    throw badRequest(
      `${problem} below minimum value. Expected a value >= 1, but got ${limit} instead.`,
      "limit",
      "integer_below_min_value",
    );
  }
  if (limit > limits.max) {
    throw badRequest(
      `${problem} above maximum value. Expected a value <= ${limits.max}, but got ${limit} instead.`,
      "limit",
      "integer_above_max_value",
    );
  }
  return limit;
}

/** A list in the shape of every list. What OpenAI names first and last of an empty one isn't known; null here. */
export function renderList(page: { readonly hasMore: boolean }, data: readonly { id: string }[]) {
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}
