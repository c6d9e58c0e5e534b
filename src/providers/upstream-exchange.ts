import type { Readable } from "node:stream";
import type { Agent, Dispatcher } from "undici";
import type { Access } from "../core/client.ts";
import type { Log, Telemetry } from "../core/telemetry.ts";
import { toReplyError } from "./upstream-error.ts";
import { readBounded } from "./upstream-reply.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface ExchangeOptions {
  readonly agent: Agent;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly now: () => number;
  readonly provider: string;
  readonly baseUrl: string;
  /** The headers by which this provider knows the account; they win over all others. */
  readonly authorize: (access: Access) => Readonly<Record<string, string>>;
}

export interface ExchangeRequest {
  readonly method: Method;
  readonly path: string;
  readonly call: {
    readonly operation: string;
    readonly query?: Readonly<Record<string, string | number | null>>;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
  readonly signal: AbortSignal;
  readonly answerSeconds: number;
  readonly idleSeconds: number;
  /** Whether an error is an answer like any other, and returned. */
  readonly takesErrors?: boolean;
}

const MAX_ERROR_BYTES = 64 * 1024;

/**
 * One request and the head of its answer. Throws what the answer says if it isn't a 2xx (a redirect always), and the
 * connection's own errors raw.
 */
export function createExchange(options: ExchangeOptions) {
  const { agent, provider, now } = options;
  const { origin, pathname } = new URL(options.baseUrl);
  const prefix = pathname.replace(/\/+$/, "");

  return async (access: Access, request: ExchangeRequest): Promise<Dispatcher.ResponseData> => {
    const { method, path, call } = request;
    const startedAt = now();
    let status: number | null = null;
    try {
      // A redirect is an answer like any other here: following it would hand the key to another host.
      const response = await agent.request({
        origin,
        path: prefix + path + toQueryString(call.query),
        method,
        headers: {
          "user-agent": "crossbatch",
          "accept-encoding": "identity",
          ...request.headers,
          ...call.headers,
          ...options.authorize(access),
        },
        body: request.body,
        signal: request.signal,
        headersTimeout: request.answerSeconds * 1_000,
        bodyTimeout: request.idleSeconds * 1_000,
      });
      status = response.statusCode;
      const isTaken = status < 300 || (status >= 400 && request.takesErrors === true);
      if (isTaken) return response;
      throw toReplyError({
        provider,
        access,
        call: `${method} ${path}`,
        status,
        headers: response.headers,
        // The status alone says enough if the explanation gets lost.
        text: (await readBounded(response.body, MAX_ERROR_BYTES).catch(() => null)) ?? "",
        now: now(),
      });
    } finally {
      const seconds = (now() - startedAt) / 1_000;
      options.telemetry.upstreamCall({ provider, operation: call.operation, status, seconds });
    }
  };
}

function toQueryString(query: ExchangeRequest["call"]["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null) parameters.append(name, String(value));
  }
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}
