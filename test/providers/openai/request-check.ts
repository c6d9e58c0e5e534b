import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect } from "vitest";
import { z } from "zod";
import { specProblem } from "../../support/specs.ts";
import { type Answer, type HttpHost, type SeenRequest, startHost } from "../http-host.ts";

export interface SentRequest {
  readonly method: string;
  /** Below the base URL. */
  readonly path: string;
  readonly query: string;
  readonly contentType: string | undefined;
  /** What the body holds, a form's fields as an object; undefined where it wasn't kept. */
  readonly body: unknown;
}

const object = z.record(z.string(), z.unknown());
const spec = z
  .object({
    operations: z.record(
      z.string(),
      z.object({
        query: z.record(z.string(), z.unknown()),
        contentType: z.string().optional(),
        body: z.string().optional(),
        /** Of a body whose schema is in `openai.json`, since answers need it too. */
        schema: z.string().optional(),
      }),
    ),
    $defs: z.record(z.string(), object),
  })
  .parse(
    JSON.parse(
      readFileSync(new URL("../../fixtures/specs/openai-requests.json", import.meta.url), "utf8"),
    ),
  );

const schemas = { $defs: Object.fromEntries(Object.entries(spec.$defs).map(closed)) };
const options = { strict: false, allErrors: true, validateFormats: false };
const json = new Ajv(options).addSchema(schemas, "openai");
/** Of queries and forms, in which everything is text. */
const text = new Ajv({ ...options, coerceTypes: true }).addSchema(schemas, "openai");

/** What is wrong with a request by OpenAI's own OpenAPI document; null if nothing is. Nothing undocumented may be sent. */
export function requestViolation(request: SentRequest): string | null {
  const name = `${request.method} ${request.path}`;
  const found = Object.entries(spec.operations).find(([operation]) => matches(operation, name));
  if (found === undefined) return `OpenAI has no ${name}`;
  const [, operation] = found;
  const query = Object.fromEntries(new URLSearchParams(request.query));
  const rules = { type: "object", properties: operation.query, additionalProperties: false };
  if (!text.validate(rules, query)) return `${name}: ${text.errorsText()}`;
  const contentType = request.contentType?.split(";")[0];
  if (contentType !== operation.contentType) return `${name}: it is sent as ${contentType}`;
  if (operation.schema !== undefined) {
    const problem = specProblem("openai", operation.schema, request.body);
    return problem === null ? null : `${name}: ${problem}`;
  }
  if (operation.body === undefined || request.body === undefined) return null;
  const ajv = contentType === "application/json" ? json : text;
  const validate = ajv.getSchema(`openai#/$defs/${operation.body}`);
  if (validate === undefined) return `OpenAI has no schema ${operation.body}`;
  return validate(request.body) === true ? null : `${name}: ${ajv.errorsText(validate.errors)}`;
}

function matches(operation: string, name: string): boolean {
  const pattern = operation.replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(name);
}

function closed([name, schema]: readonly [string, Readonly<Record<string, unknown>>]) {
  const isOpen = schema["properties"] === undefined;
  return [name, isOpen ? schema : { ...schema, additionalProperties: false }] as const;
}

/** A host whose answers the test writes, and that at the end finds fault with every request that OpenAI doesn't document. */
export async function startOpenAIHost(...answers: readonly Answer[]): Promise<HttpHost> {
  const host = await startHost(...answers);
  return {
    ...host,
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
  const path = pathname.replace(/^\/v1/, "");
  const sent = { method, path, query: search, contentType };
  if (contentType === undefined) return { ...sent, body: undefined };
  if (contentType === "application/json") return { ...sent, body: JSON.parse(body) };
  const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
  return { ...sent, body: nested(form) };
}

/** `a[b]` becomes `{a: {b}}`; a file counts as a text. */
function nested(form: FormData): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    const [, outer, inner] = /^(\w+)\[(\w+)\]$/.exec(name) ?? [null, name, null];
    const content = typeof value === "string" ? value : "bytes";
    if (outer === undefined) continue;
    const known = object.catch({}).parse(fields[outer]);
    fields[outer] =
      inner === null || inner === undefined ? content : { ...known, [inner]: content };
  }
  return fields;
}
