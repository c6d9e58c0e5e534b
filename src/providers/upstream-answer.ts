import type { Dispatcher } from "undici";
import type { Access } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { ServerEvent, StreamedAnswer, SynchronousAnswer } from "../core/provider.ts";
import { redactKeys } from "../lib/redact-keys.ts";
import { parseRetryAfter } from "../lib/retry-after.ts";
import { parseServerEvents } from "../lib/server-sent-events.ts";
import { toBrokenError } from "./upstream-error.ts";
import { readBounded, refuseEncoding } from "./upstream-reply.ts";

/** Embeddings of many texts, or images in base64, are this large. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** As the providers name it, and the gateways before them. */
const REQUEST_ID_HEADERS = ["request-id", "x-request-id", "x-amzn-requestid"] as const;

interface AnsweredCall {
  readonly provider: string;
  readonly call: string;
}

/** An answer as it came, whatever its status; only keys are taken out of what an error says. */
export async function readAnswer(
  response: Dispatcher.ResponseData,
  { provider, call, access, now }: AnsweredCall & { readonly access: Access; readonly now: number },
): Promise<SynchronousAnswer> {
  const { statusCode: status, headers } = response;
  const answer = `${provider} answered ${status} to ${call}`;
  refuseEncoding(response, answer);
  const body = await readBounded(response.body, MAX_ANSWER_BYTES);
  if (body === null) {
    throw new GatewayError(
      "upstream_unavailable",
      `${answer} with more than ${MAX_ANSWER_BYTES} bytes.`,
    );
  }
  return {
    kind: "whole",
    status,
    requestId: requestIdOf(response),
    retryAfterSeconds: parseRetryAfter(headers, now),
    body: status < 300 ? body : withoutKeys(body, access.key),
  };
}

/** Keys are taken out of the texts within, so that JSON stays JSON. */
function withoutKeys(body: string, key: string | null): string {
  const redacted = redactKeys(body, key);
  if (redacted === body) return body;
  try {
    const redact = (_: string, value: unknown) =>
      typeof value === "string" ? redactKeys(value, key) : value;
    return JSON.stringify(JSON.parse(body, redact));
  } catch {
    return redacted;
  }
}

/** Whether the host streams as it was asked to: errors, and hosts that can't, answer with JSON. */
export function isEventStream({ statusCode, headers }: Dispatcher.ResponseData): boolean {
  return statusCode < 300 && /^text\/event-stream\b/i.test(String(headers["content-type"]));
}

interface StreamedCall extends AnsweredCall {
  readonly signal: AbortSignal;
  readonly isEnd: ((event: ServerEvent) => boolean) | undefined;
}

export function readEvents(
  response: Dispatcher.ResponseData,
  streamed: StreamedCall,
): StreamedAnswer {
  const { statusCode: status } = response;
  refuseEncoding(response, `${streamed.provider} answered ${status} to ${streamed.call}`);
  const events = untilEnd(response.body, streamed);
  return { kind: "events", status, requestId: requestIdOf(response), events };
}

async function* untilEnd(
  chunks: AsyncIterable<Uint8Array>,
  { provider, call, signal, isEnd }: StreamedCall,
): AsyncGenerator<ServerEvent> {
  let hasEnded = isEnd === undefined;
  try {
    for await (const event of parseServerEvents(chunks)) {
      hasEnded ||= isEnd?.(event) === true;
      yield event;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toBrokenError(error, { provider, call, isCutShort: false });
  }
  if (hasEnded) return;
  throw new GatewayError(
    "upstream_unavailable",
    `${provider} broke off its answer to ${call} before the end.`,
  );
}

function requestIdOf({ headers }: Dispatcher.ResponseData): string | null {
  for (const name of REQUEST_ID_HEADERS) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}
