import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect } from "vitest";
import { z } from "zod";
import type { JournalEntry } from "../../../src/emulators/journal.ts";
import { specProblem } from "../../support/specs.ts";
import { type Answer, type HttpHost, type SeenRequest, startHost } from "../http-host.ts";

interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the body holds; undefined where it wasn't kept, or isn't JSON. */
  readonly body: unknown;
}

const spec = z
  .object({
    operations: z.record(
      z.string(),
      z.object({
        query: z.record(z.string(), z.unknown()),
        body: z
          .union([
            z.object({ schema: z.string() }),
            z.object({ members: z.record(z.string(), z.string()) }),
          ])
          .optional(),
      }),
    ),
  })
  .parse(
    JSON.parse(
      readFileSync(new URL("../../fixtures/specs/gemini-requests.json", import.meta.url), "utf8"),
    ),
  );

type Operation = (typeof spec.operations)[string];

/** Documented, and used by Google's SDKs, though the discovery document doesn't have them. */
const BESIDE_THE_DOCUMENT: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^GET \/v1beta\/files\/[^/:]+:download$/, { alt: "media" }],
  [/:streamGenerateContent$/, { alt: "sse" }],
];

const ajv = new Ajv({ strict: false, coerceTypes: true });

/** What is wrong with a request by Google's discovery document; null if nothing is. Nothing undocumented may be sent. */
function requestViolation(request: SentRequest): string | null {
  const name = `${request.method} ${request.path}`;
  if (request.query.includes("upload_id=")) return chunkViolation(request, name);
  const beside = BESIDE_THE_DOCUMENT.find(([pattern]) => pattern.test(name))?.[1] ?? {};
  const found = Object.entries(spec.operations).find(([operation]) => matches(operation, name));
  if (found === undefined && beside["alt"] !== "media") return `Gemini has no ${name}`;
  if (request.headers["x-goog-api-key"] === undefined) return `${name}: it has no key`;
  const operation: Operation = found?.[1] ?? { query: {} };
  const query = Object.fromEntries(new URLSearchParams(request.query));
  const own = Object.entries(beside).map(([key, value]) => [key, { const: value }]);
  const properties = { ...operation.query, ...Object.fromEntries(own) };
  const rules = { type: "object", properties, additionalProperties: false };
  if (!ajv.validate(rules, query)) return `${name}: ${ajv.errorsText()}`;
  if (request.path.startsWith("/upload/")) {
    const problem = startViolation(request);
    if (problem !== null) return `${name}: ${problem}`;
  }
  const problem = bodyViolation(operation, request);
  return problem === null ? null : `${name}: ${problem}`;
}

function bodyViolation({ body: expected }: Operation, { headers, body }: SentRequest) {
  if (expected === undefined) return body === undefined ? null : "it has a body";
  if (headers["content-type"] !== "application/json") {
    return `it is sent as ${headers["content-type"]}`;
  }
  if (body === undefined) return null;
  if ("schema" in expected) return specProblem("gemini", expected.schema, body);
  const members = z.record(z.string(), z.unknown()).parse(body);
  for (const [key, value] of Object.entries(members)) {
    const schema = expected.members[key];
    if (schema === undefined) return `there is no ${key}`;
    const problem = specProblem("gemini", schema, value);
    if (problem !== null) return problem;
  }
  return null;
}

function startViolation({ headers }: SentRequest): string | null {
  if (headers["x-goog-upload-protocol"] !== "resumable") return "it isn't resumable";
  if (headers["x-goog-upload-command"] !== "start") return "it doesn't start";
  const length = headers["x-goog-upload-header-content-length"] ?? "";
  if (!/^\d+$/.test(length)) return "it doesn't say how long the file is";
  return headers["x-goog-upload-header-content-type"] ? null : "it doesn't say what the file is";
}

/** The key is for the first request only. */
function chunkViolation({ headers }: SentRequest, name: string): string | null {
  if (headers["x-goog-api-key"] !== undefined) return `${name}: it carries the key`;
  const command = headers["x-goog-upload-command"] ?? "";
  if (command === "query" || command === "cancel") return null;
  if (command !== "upload" && command !== "upload, finalize") return `${name}: it is '${command}'`;
  if (!/^\d+$/.test(headers["x-goog-upload-offset"] ?? "")) return `${name}: it has no offset`;
  return headers["content-length"] === undefined ? `${name}: it has no length` : null;
}

function matches(operation: string, name: string): boolean {
  const pattern = operation.replaceAll(/\{\w+\}/g, "[^/:]+");
  return new RegExp(`^${pattern}$`).test(name);
}

export function checkRequests(requests: readonly SentRequest[]): void {
  expect(requests).not.toEqual([]);
  expect(requests.map(requestViolation).filter((violation) => violation !== null)).toEqual([]);
}

export function ofJournal({ method, path, query, headers, body }: JournalEntry): SentRequest {
  return { method, path, query, headers, body: body === null ? undefined : JSON.parse(body) };
}

/** A host whose answers the test writes, and that at the end finds fault with every request that Google doesn't document. */
export async function startGeminiHost(...answers: readonly Answer[]): Promise<HttpHost> {
  const host = await startHost(...answers);
  return {
    ...host,
    url: host.url.replace(/\/v1$/, ""),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      checkRequests(host.seen.map(ofHost));
    },
  };
}

function ofHost({ method, url, headers, body }: SeenRequest): SentRequest {
  const { pathname, search } = new URL(url, "http://host");
  const isJson = headers["content-type"] === "application/json";
  return {
    method,
    path: pathname,
    query: search.slice(1),
    headers,
    body: isJson ? JSON.parse(body) : undefined,
  };
}
