import type { FastifyReply, FastifyRequest } from "fastify";
import type { Client } from "../../core/client.ts";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Call } from "../../core/gateway.ts";
import type { JsonObject } from "../../core/json.ts";
import { isJsonObject } from "../../core/json.ts";
import {
  type BracketObject,
  BracketNotationError,
  parseBracketNotation,
} from "../../lib/bracket-notation.ts";
import { clientSignal } from "../../lib/client-signal.ts";
import { FACTS } from "./facts.ts";
import { check } from "./validation.ts";
import { optionsOf } from "./options.ts";
import { gatewayFieldsSchema, gatewayQuerySchema } from "./schemas.ts";

/** Who asks, known before a body is read. */
export interface Callers {
  /** An `onRequest` hook. */
  admit(request: FastifyRequest): Promise<void>;
  /** The call of a request whose body, form or fields name `provider`, beside what its header and query say. */
  call(request: FastifyRequest, reply: FastifyReply, provider?: string | null): Call;
}

export function createCallers(services: Pick<DialectServices, "identify">): Callers {
  const clients = new WeakMap<FastifyRequest, Client>();
  return {
    async admit(request) {
      clients.set(request, await services.identify(bearerKey(request.headers.authorization)));
    },
    call(request, reply, provider) {
      const client = clients.get(request);
      if (client === undefined) throw new GatewayError("internal", "a request was not admitted");
      return {
        client,
        ...FACTS,
        namedProviders: namedProviders(request, provider),
        headers: forwardable(request),
        options: optionsOf(check(gatewayQuerySchema, readQuery(request))),
        signal: clientSignal(reply.raw),
      };
    },
  };
}

/** `Authorization: Bearer …`; null where there is none. */
function bearerKey(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? null;
}

function namedProviders(
  request: FastifyRequest,
  provider: string | null | undefined,
): readonly string[] {
  const header = request.headers["x-model-provider"];
  const names = [header ?? []].flat().flatMap((value) => value.split(","));
  const query = check(gatewayQuerySchema, readQuery(request)).provider;
  return [...names, provider ?? "", query ?? ""].map((name) => name.trim()).filter(Boolean);
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "api-key",
  "x-api-key",
]);

function forwardable(request: FastifyRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !SECRET_HEADERS.has(name)) headers[name] = [value].flat().join(", ");
  }
  return headers;
}

/** The query with its nested values; what is empty was left out by the client's own rules. */
export function readQuery(request: FastifyRequest): BracketObject {
  const url = request.raw.url ?? "";
  const start = url.indexOf("?");
  const pairs = start === -1 ? [] : [...new URLSearchParams(url.slice(start))];
  return readFields(pairs.filter(([, value]) => value !== ""));
}

export function readFields(fields: Iterable<readonly [string, string]>): BracketObject {
  try {
    return parseBracketNotation(fields);
  } catch (error) {
    if (!(error instanceof BracketNotationError)) throw error;
    const name = error.field.slice(0, 100);
    throw new GatewayError("invalid_request", `Invalid '${name}': ${error.message}.`, {
      param: name,
      reason: "invalid_value",
    });
  }
}

/** A JSON body; SDKs leave it empty where there is nothing to say. */
export function readBody(request: FastifyRequest): JsonObject {
  const { body } = request;
  if (body === undefined || body === null) return {};
  if (isJsonObject(body)) return body;
  throw new GatewayError(
    "invalid_request",
    "Invalid type for the request body: expected an object.",
    { reason: "invalid_type" },
  );
}

/** The provider that the body of a cancel or delete names, if it has one. */
export function providerOfBody(request: FastifyRequest): string | null {
  return check(gatewayFieldsSchema, readBody(request)).provider ?? null;
}
