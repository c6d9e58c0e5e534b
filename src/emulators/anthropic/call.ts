import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { badRequest, tooLarge } from "./api-error.ts";
import type { ApiVersion } from "./api-version.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, parseJson } from "../json.ts";

/** One request of a client that is known. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** The variable segments of the path, decoded, in order. */
  readonly ids: readonly string[];
  /** What the key belongs to; keys of one workspace see the same objects. */
  readonly workspace: string;
  readonly version: ApiVersion;
}

export type Reply =
  | {
      readonly kind: "json";
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "events"; readonly events: Iterable<string> }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly bytes: number;
      readonly mimeType: string;
    };

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the API's root; `*` stands for one segment. */
  readonly path: string;
  readonly answer: (call: Call) => Promise<Reply> | Reply;
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { kind: "json", body, headers };
}

export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const body = parseBody(Buffer.concat(chunks));
  if (!isJsonObject(body)) throw badRequest("Input should be a valid dictionary");
  return body;
}

/** A value of a body, or a 400 in Anthropic's words. */
export function parseBody(source: Buffer) {
  if (!isUtf8(source)) throw invalidJson("invalid UTF-8");
  try {
    return parseJson(source.toString("utf8"));
  } catch (error) {
    throw invalidJson(error instanceof Error ? error.message : String(error));
  }
}

export function invalidJson(reason: string) {
  return badRequest(`The request body is not valid JSON: ${reason}`);
}
