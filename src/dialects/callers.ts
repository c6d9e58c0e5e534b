import type { FastifyReply, FastifyRequest } from "fastify";
import type { Client } from "../core/client.ts";
import type { DialectServices } from "../core/dialect.ts";
import { GatewayError } from "../core/errors.ts";
import type { Call } from "../core/gateway.ts";
import { clientSignal } from "../lib/client-signal.ts";
import { gatewayQuerySchema, optionsOf } from "./gateway-fields.ts";
import type { RequestReader } from "./request-reader.ts";
import type { Wording } from "./wording.ts";

/** Who asks, known before a body is read. */
export interface Callers {
  /** An `onRequest` hook. */
  admit(request: FastifyRequest): Promise<void>;
  /** The call of a request whose body, form or fields name `provider`, beside what its header and query say. */
  call(request: FastifyRequest, reply: FastifyReply, provider?: string | null): Call;
}

export interface CallerOptions {
  readonly identify: DialectServices["identify"];
  /** What every call of the dialect carries. */
  readonly facts: Pick<Call, "dialect" | "format" | "defaultProvider">;
  readonly wording: Wording;
  readonly reader: RequestReader;
  /** The key that the request brought. */
  keyOf(request: FastifyRequest): string | null;
}

export function createCallers(options: CallerOptions): Callers {
  const clients = new WeakMap<FastifyRequest, Client>();
  return {
    async admit(request) {
      const visitor = { key: options.keyOf(request), address: request.ip };
      clients.set(request, await options.identify(visitor));
    },
    call(request, reply, provider) {
      const client = clients.get(request);
      if (client === undefined) throw new GatewayError("internal", "a request was not admitted");
      const query = options.wording.check(gatewayQuerySchema, options.reader.readQuery(request));
      return {
        client,
        ...options.facts,
        namedProviders: namedProviders(request, [provider, query.provider]),
        headers: forwardable(request),
        options: optionsOf(query),
        signal: clientSignal(reply.raw),
      };
    },
  };
}

function namedProviders(
  request: FastifyRequest,
  elsewhere: readonly (string | null | undefined)[],
): readonly string[] {
  const header = request.headers["x-model-provider"];
  const names = [header ?? []].flat().flatMap((value) => value.split(","));
  return [...names, ...elsewhere.map((name) => name ?? "")]
    .map((name) => name.trim())
    .filter(Boolean);
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
]);

function forwardable(request: FastifyRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !SECRET_HEADERS.has(name)) headers[name] = [value].flat().join(", ");
  }
  return headers;
}
