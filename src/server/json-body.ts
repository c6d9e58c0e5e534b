import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { GatewayError } from "../core/errors.ts";
import { rememberBody } from "../lib/raw-body.ts";
import { measureJson } from "./json-shape.ts";

export interface JsonBodyLimits {
  readonly jsonDepth: number;
  readonly jsonValues: number;
}

/** Reads `application/json` on every route, and nothing else: dialects add what else they take. */
export function readJsonBodies(app: FastifyInstance, limits: JsonBodyLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      rememberBody(request, body);
      return parseJsonBody(body, limits);
    },
  );
}

/** An empty body is no body: SDKs send the content type on cancel and delete too. */
export function parseJsonBody(body: Buffer, limits: JsonBodyLimits): unknown {
  if (!isUtf8(body)) throw invalid("must be UTF-8");
  const text = body.toString("utf8").replace(/^\uFEFF/, "");
  if (text.trim() === "") return undefined;
  const { depth, values } = measureJson(body);
  if (depth > limits.jsonDepth) {
    throw invalid(`nests ${depth} levels deep; at most ${limits.jsonDepth} are taken`);
  }
  if (values > limits.jsonValues) {
    throw invalid(`holds about ${values} values; at most ${limits.jsonValues} are taken`);
  }
  const value = parse(text);
  if (PROTOTYPE_KEY.test(text) && hasPrototypeKey(value)) {
    throw invalid("must not have the key __proto__");
  }
  return value;
}

/** A key `__proto__`, its letters escaped or not; inside a text it means nothing. */
const PROTOTYPE_KEY = /__proto__|\\u00/;

function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  return Object.entries(value).some(([key, item]) => key === "__proto__" || hasPrototypeKey(item));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("invalid_request", "The body of the request isn't valid JSON.", {
      cause,
    });
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError("invalid_request", `The JSON body of the request ${what}.`);
}
