import { errors } from "undici";
import type { Access } from "../core/client.ts";
import { GatewayError, type ErrorCode } from "../core/errors.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { redactKeys } from "../lib/redact-keys.ts";
import { parseRetryAfter } from "../lib/retry-after.ts";
import { ConnectError } from "./upstream-agent.ts";

const MAX_MESSAGE_CHARACTERS = 2_000;

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: "upstream_unauthorized",
  403: "upstream_forbidden",
  404: "upstream_not_found",
  408: "upstream_timeout",
  409: "upstream_conflict",
  413: "upstream_too_large",
  416: "range_not_satisfiable",
  429: "upstream_rate_limited",
};

export interface ErrorReply {
  readonly provider: string;
  readonly access: Access;
  /** `GET /files/file-1`, for replies that don't explain themselves. */
  readonly call: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly now: number;
  readonly readFacts?: ReadFacts | undefined;
}

/** What one provider's errors say beyond what all say, read from their `error` object; it wins over the common reading. */
export type ReadFacts = (error: JsonObject) => OwnFacts;

export interface OwnFacts {
  readonly code?: ErrorCode;
  readonly reason?: string;
  /** Where no header says it. */
  readonly retryAfterSeconds?: number;
}

/** The error that an answer other than 2xx stands for. What the provider says is passed on, without keys. */
export function toReplyError(reply: ErrorReply): GatewayError {
  const { provider, status, access } = reply;
  const error = readError(reply.text);
  const said = readSaid(error, access.key);
  const own = reply.readFacts?.(error) ?? {};
  const code = own.code ?? codeOf(status);
  const reason = own.reason ?? said.code;
  const retryAfterSeconds =
    parseRetryAfter(reply.headers, reply.now) ?? own.retryAfterSeconds ?? null;
  return new GatewayError(code, messageOf(reply, code, said.message), {
    upstreamStatus: status,
    ...(said.type === null ? {} : { upstreamType: said.type }),
    ...(reason === null ? {} : { reason }),
    ...(said.param === null ? {} : { param: said.param }),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    // Who answers 4xx has refused, and so not acted; after a 3xx, a 5xx or no answer nobody knows.
    ...(status >= 400 && status < 500 ? { notSent: true } : {}),
    cause: new Error(`${provider} answered ${status} to ${reply.call}`),
  });
}

function codeOf(status: number): ErrorCode {
  return CODES[status] ?? (status >= 500 ? "upstream_unavailable" : "upstream_rejected");
}

function messageOf(
  { provider, access, status, call }: ErrorReply,
  code: ErrorCode,
  said: string | null,
): string {
  const answer = `${provider} answered ${status} to ${call}`;
  if (status < 400) {
    return `${answer}, a redirect. It isn't followed, since the key would go along: the provider's base URL must be the final address.`;
  }
  if (code === "upstream_unauthorized") {
    const suffix = said === null ? "." : `: ${said}`;
    return access.source === "client"
      ? `No key is configured for ${provider}, and it refused the one that came with the request${suffix}`
      : `${provider} refused the key that is configured for it${suffix}`;
  }
  if (said === null) return `${answer}.`;
  return status >= 500 ? `${answer}: ${said}` : said;
}

interface Said {
  readonly message: string | null;
  readonly type: string | null;
  readonly code: string | null;
  readonly param: string | null;
}

/** `{error: {…}}` as most write it, and the plainer shapes of self-made hosts. */
function readError(text: string): JsonObject {
  const body = parseJson(text);
  const inner = isJsonObject(body) ? (body["error"] ?? body) : null;
  return isJsonObject(inner) ? inner : { message: inner };
}

function readSaid(error: JsonObject, key: string | null): Said {
  const read = (name: string) => {
    const value = error[name];
    if (typeof value !== "string" || value === "") return null;
    // Not the other way round: a key cut in two would no longer be recognised.
    return redactKeys(value, key).slice(0, MAX_MESSAGE_CHARACTERS);
  };
  return {
    message: read("message") ?? read("detail"),
    type: read("type") ?? read("status"),
    code: read("code"),
    param: read("param"),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export interface BrokenCall {
  readonly provider: string;
  readonly call: string;
  /** True if the request can't have been whole when the connection broke. */
  readonly isCutShort: boolean;
}

/** The error that a call without an answer, or with half of one, stands for. */
export function toBrokenError(cause: unknown, { provider, call, isCutShort }: BrokenCall): Error {
  if (cause instanceof GatewayError) return cause;
  if (cause instanceof ConnectError) {
    return new GatewayError(
      "upstream_unavailable",
      `${provider} can't be reached (${cause.reason}).`,
      {
        notSent: true,
        cause,
      },
    );
  }
  const details = isCutShort ? { notSent: true, cause } : { cause };
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError) {
    return new GatewayError(
      "upstream_timeout",
      `${provider} was silent for too long in ${call}.`,
      details,
    );
  }
  if (cause instanceof errors.InvalidArgumentError) {
    return new GatewayError(
      "invalid_request",
      `${call} can't be sent to ${provider}: ${cause.message}.`,
      {
        notSent: true,
        cause,
      },
    );
  }
  return new GatewayError(
    "upstream_unavailable",
    `The connection to ${provider} broke during ${call}.`,
    details,
  );
}
