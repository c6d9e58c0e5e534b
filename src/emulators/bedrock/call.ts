import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../json.ts";
import { isJsonObject, parseJson } from "../json.ts";
import { BedrockError, invalid } from "./bedrock-error.ts";

/** One request of a client that was let in. Its body has been read: the signature covers it. */
export interface Call {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly query: URLSearchParams;
  /** What the groups of the route's pattern matched, decoded, in order. */
  readonly ids: readonly string[];
}

export type Reply =
  | { readonly kind: "json"; readonly body: unknown; readonly headers?: Headers }
  /** Messages of an event stream, framed already. */
  | { readonly kind: "events"; readonly messages: Iterable<Buffer>; readonly headers: Headers };

type Headers = Readonly<Record<string, string>>;

export interface Route {
  readonly method: "GET" | "POST";
  /** Of the whole path. */
  readonly pattern: RegExp;
  readonly answer: (call: Call) => Promise<Reply> | Reply;
}

interface Found {
  readonly route: Route;
  readonly ids: readonly string[];
}

/** Ids are decoded after the path was matched, so that `%2F` stays within one. */
export function findRoute(routes: readonly Route[], method: string, pathname: string): Found {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(pathname) : null;
    if (match !== null) return { route, ids: match.slice(1).map((id) => decode(id ?? "")) };
  }
  throw new BedrockError("UnknownOperationException", `Nothing answers ${method} ${pathname}.`);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function json(body: unknown, headers: Headers = {}): Reply {
  return { kind: "json", body, headers };
}

export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new BedrockError(
        "ValidationException",
        `The request is larger than ${maxBytes} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The object that a call's body must be. */
export function parseBody({ body }: Call): JsonObject {
  try {
    const value = isUtf8(body) ? parseJson(body.toString("utf8")) : null;
    if (isJsonObject(value)) return value;
  } catch {
    // Nesting too deep for the parser ends here as well.
  }
  throw new BedrockError("ValidationException", "The request body is not a JSON object.");
}

/** A parameter of the query, as the operation wants it; null if it was left out. */
export function queryValue(call: Call, name: string, pattern: RegExp): string | null {
  const value = call.query.get(name);
  if (value === null || pattern.test(value)) return value;
  throw invalid(
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
  );
}
