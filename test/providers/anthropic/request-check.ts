import { expect } from "vitest";
import { specProblem } from "../../support/specs.ts";
import { type Answer, type HttpHost, type SeenRequest, startHost } from "../http-host.ts";

export interface SentRequest {
  readonly method: string;
  /** With the version. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or a form's fields by name; undefined where it wasn't kept. */
  readonly body: unknown;
}

interface Operation {
  readonly query?: readonly string[];
  readonly json?: string;
  readonly form?: readonly string[];
}

const PAGING = ["limit", "after_id", "before_id"] as const;

/**
 * Anthropic's OpenAPI document, whose schemas `json` names. What files have had since they became generally available (`page`,
 * `expires_in_seconds`) is younger than our copy of it.
 */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "POST /v1/messages": { json: "CreateMessageParams" },
  "POST /v1/messages/count_tokens": { json: "CountMessageTokensParams" },
  "POST /v1/messages/batches": { json: "CreateMessageBatchParams" },
  "GET /v1/messages/batches": { query: PAGING },
  "GET /v1/messages/batches/*": {},
  "DELETE /v1/messages/batches/*": {},
  "POST /v1/messages/batches/*/cancel": {},
  "GET /v1/messages/batches/*/results": {},
  "POST /v1/files": { form: ["file", "expires_in_seconds"] },
  "GET /v1/files": { query: ["limit", "page"] },
  "GET /v1/files/*": {},
  "DELETE /v1/files/*": {},
  "GET /v1/files/*/content": {},
};

const FILES_BETA = "files-api-2025-04-14";

/** What is wrong with a request by Anthropic's own documents; null if nothing is. Nothing undocumented may be sent. */
export function requestViolation(request: SentRequest): string | null {
  const { headers, body } = request;
  const name = `${request.method} ${request.path}`;
  const found = Object.entries(OPERATIONS).find(([operation]) => matches(operation, name));
  if (found === undefined) return `Anthropic has no ${name}`;
  const operation = found[1];
  const isOldList =
    name === "GET /v1/files" && headers["anthropic-beta"]?.split(",").includes(FILES_BETA) === true;
  const known = isOldList ? PAGING : (operation.query ?? []);
  for (const parameter of new URLSearchParams(request.query).keys()) {
    if (!known.includes(parameter)) return `${name} has no parameter ${parameter}`;
  }
  if (headers["authorization"] !== undefined) return `${name}: the key is in the wrong header`;
  if (headers["x-api-key"] === undefined) return `${name}: there is no key`;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(headers["anthropic-version"] ?? "")) return `${name}: no version`;
  const contentType = headers["content-type"]?.split(";")[0];
  if (contentType !== contentTypeOf(operation)) return `${name}: it is sent as ${contentType}`;
  if (body === undefined) return null;
  if (operation.form !== undefined) {
    const extra = Object.keys(Object(body)).find((field) => !operation.form?.includes(field));
    return extra === undefined ? null : `${name} has no field ${extra}`;
  }
  if (operation.json === undefined) return `${name} has no body`;
  const problem = specProblem("anthropic", operation.json, body);
  return problem === null ? null : `${name}: ${problem}`;
}

function matches(operation: string, name: string): boolean {
  return new RegExp(`^${operation.replaceAll("*", "[^/]+")}$`).test(name);
}

function contentTypeOf({ json, form }: Operation): string | undefined {
  if (form !== undefined) return "multipart/form-data";
  return json === undefined ? undefined : "application/json";
}

/** A host whose answers the test writes, and that at the end finds fault with every request that Anthropic doesn't document. */
export async function startAnthropicHost(...answers: readonly Answer[]): Promise<HttpHost> {
  const host = await startHost(...answers);
  return {
    ...host,
    url: host.url.replace(/\/v1$/, ""),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      const requests = await Promise.all(host.seen.map(toSentRequest));
      expect(requests.map(requestViolation).filter((violation) => violation !== null)).toEqual([]);
    },
  };
}

async function toSentRequest({ method, url, headers, body }: SeenRequest): Promise<SentRequest> {
  const { pathname, search } = new URL(url, "http://host");
  const contentType = headers["content-type"];
  const sent = { method, path: pathname, query: search, headers };
  if (contentType === undefined) return { ...sent, body: undefined };
  if (contentType === "application/json") return { ...sent, body: JSON.parse(body) };
  const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
  return { ...sent, body: Object.fromEntries(form) };
}
