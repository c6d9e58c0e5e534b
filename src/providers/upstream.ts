import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { z } from "zod";
import type { ByteRange } from "../core/blobs.ts";
import type { Access } from "../core/client.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ServerEvent, StreamedAnswer, SynchronousAnswer } from "../core/provider.ts";
import { createAbortTimer } from "../lib/abort-timer.ts";
import { retry, type RetryPolicy } from "../lib/retry.ts";
import { isEventStream, readAnswer, readEvents } from "./upstream-answer.ts";
import { toBrokenError } from "./upstream-error.ts";
import { createExchange, type ExchangeOptions, type Method } from "./upstream-exchange.ts";
import { openReply, parseReply } from "./upstream-reply.ts";
import { trackBody } from "./upstream-request-body.ts";

export interface HttpOptions extends ExchangeOptions {
  readonly random?: () => number;
  readonly timeouts?: Partial<UpstreamTimeouts>;
  readonly retry?: Partial<RetryPolicy>;
}

/** What all providers share: the app makes it once. */
export type HttpDeps = Omit<HttpOptions, "provider" | "baseUrl" | "authorize">;

interface UpstreamTimeouts {
  /** From the end of a request to the first byte of its answer. */
  readonly answerSeconds: number;
  /** As `answerSeconds`, for uploads: the provider may check or store them first. */
  readonly uploadAnswerSeconds: number;
  /** How long a body may stand still, either way. How long it takes in all has no limit. */
  readonly idleSeconds: number;
  /** A whole call with JSON both ways. */
  readonly jsonSeconds: number;
  /** How long a model may think before its answer begins, and within it. */
  readonly modelSeconds: number;
}

const UPSTREAM_TIMEOUTS: UpstreamTimeouts = {
  answerSeconds: 60,
  uploadAnswerSeconds: 300,
  idleSeconds: 60,
  jsonSeconds: 120,
  modelSeconds: 600,
};

const UPSTREAM_RETRY: RetryPolicy = {
  attempts: 3,
  firstDelayMilliseconds: 500,
  maxDelayMilliseconds: 8_000,
  totalMilliseconds: 60_000,
};

/** A provider that asks for a longer wait is asked again by the engine, not while a client waits. */
const MAX_RETRY_AFTER_SECONDS = 30;

interface HttpCall {
  /** Its name in the metrics: `batches.create`. */
  readonly operation: string;
  readonly signal: AbortSignal;
  readonly query?: Readonly<Record<string, string | number | null>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether sending it twice does no more than sending it once. GET and DELETE are so anyway. */
  readonly idempotent?: boolean;
}

interface JsonCall<Value> extends HttpCall {
  readonly body?: JsonObject;
  readonly reply: z.ZodType<Value>;
}

interface StreamCall extends HttpCall {
  readonly range?: ByteRange | undefined;
}

interface SendCall<Value> extends HttpCall {
  readonly contentType: string;
  /** Null where the length isn't known: the body then goes chunked. */
  readonly bytes: number | null;
  /** Called once for each attempt. */
  readonly body: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly reply: z.ZodType<Value>;
}

interface AnswerCall extends HttpCall {
  /** JSON text, sent as it is. */
  readonly body: string;
}

interface EventsCall extends AnswerCall {
  /** Which event is the last, where the provider marks it: without one the stream was cut off. */
  readonly isEnd?: (event: ServerEvent) => boolean;
}

/** One account at one host. Everything throws `GatewayError`, or what the signal was aborted with. */
export interface UpstreamHttp {
  json<Value>(method: Method, path: string, call: JsonCall<Value>): Promise<Value>;
  /** The body of a GET; with a range exactly those bytes, whether or not the host knows ranges. */
  stream(path: string, call: StreamCall): Promise<Readable>;
  /** A streamed request body, with back-pressure, answered with JSON. */
  send<Value>(method: Method, path: string, call: SendCall<Value>): Promise<Value>;
  /** A model's answer as it came, errors included; only a redirect or no answer is thrown. Sent again only if it wasn't sent. */
  answer(method: Method, path: string, call: AnswerCall): Promise<SynchronousAnswer>;
  /** As `answer`, by POST, event by event; whole where the host doesn't stream. Who leaves the events unread aborts the call. */
  events(path: string, call: EventsCall): Promise<SynchronousAnswer | StreamedAnswer>;
}

/** The HTTP client of a provider: `createHttp(options)(access)` speaks for one account. */
export function createHttp(options: HttpOptions): (access: Access) => UpstreamHttp {
  const { provider } = options;
  const timeouts = { ...UPSTREAM_TIMEOUTS, ...options.timeouts };
  const exchange = createExchange(options);
  const withRetries = createRetries(options);

  const late = (call: string, seconds: number, details: { notSent?: true } = {}) =>
    new GatewayError(
      "upstream_timeout",
      `${provider} didn't finish ${call}: silent for ${seconds} s.`,
      details,
    );

  const ask = async <Result>(
    { access, method, path, accept, call }: Question,
    read: (response: Dispatcher.ResponseData) => Promise<Result>,
  ): Promise<Result> =>
    withRetries(method, call, async () => {
      try {
        const response = await exchange(access, {
          method,
          path,
          call,
          headers: { accept, "content-type": "application/json" },
          body: call.body,
          signal: call.signal,
          answerSeconds: timeouts.modelSeconds,
          idleSeconds: timeouts.modelSeconds,
          takesErrors: true,
        });
        return await read(response);
      } catch (error) {
        call.signal.throwIfAborted();
        throw toBrokenError(error, { provider, call: `${method} ${path}`, isCutShort: false });
      }
    });

  return (access) => ({
    json: (method, path, call) =>
      withRetries(method, call, async () => {
        const name = `${method} ${path}`;
        const timer = createAbortTimer(call.signal);
        timer.start(timeouts.jsonSeconds * 1_000, () => late(name, timeouts.jsonSeconds));
        const hasBody = call.body !== undefined;
        try {
          const response = await exchange(access, {
            method,
            path,
            call,
            headers: {
              accept: "application/json",
              ...(hasBody ? { "content-type": "application/json" } : {}),
            },
            body: hasBody ? JSON.stringify(call.body) : null,
            signal: timer.signal,
            answerSeconds: timeouts.answerSeconds,
            idleSeconds: timeouts.idleSeconds,
          });
          return await parseReply(response, { provider, call: name, reply: call.reply });
        } catch (error) {
          call.signal.throwIfAborted();
          throw toBrokenError(error, { provider, call: name, isCutShort: false });
        } finally {
          timer.stop();
        }
      }),

    stream: (path, call) =>
      withRetries("GET", call, async () => {
        const { range } = call;
        const broken = { provider, call: `GET ${path}`, isCutShort: false };
        try {
          const response = await exchange(access, {
            method: "GET",
            path,
            call,
            headers: {
              accept: "*/*",
              ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
            },
            body: null,
            signal: call.signal,
            answerSeconds: timeouts.answerSeconds,
            idleSeconds: timeouts.idleSeconds,
          });
          return openReply(response, { broken, range, signal: call.signal });
        } catch (error) {
          call.signal.throwIfAborted();
          throw toBrokenError(error, broken);
        }
      }),

    send: (method, path, call) =>
      withRetries(method, call, async () => {
        const name = `${method} ${path}`;
        const timer = createAbortTimer(call.signal);
        const { idleSeconds, uploadAnswerSeconds } = timeouts;
        let isAnswered = false;
        // A host that has said yes has acted, whether or not it read everything.
        const isCutShort = () => !isAnswered && !body.isWhole();
        const body = trackBody(call.body(timer.signal), {
          bytes: call.bytes,
          onChunk: () => timer.refresh(),
          onEnd: () =>
            timer.start(uploadAnswerSeconds * 1_000, () => late(name, uploadAnswerSeconds)),
        });
        timer.start(idleSeconds * 1_000, () =>
          late(name, idleSeconds, isCutShort() ? { notSent: true } : {}),
        );
        try {
          const response = await exchange(access, {
            method,
            path,
            call,
            headers: {
              accept: "application/json",
              "content-type": call.contentType,
              ...(call.bytes === null ? {} : { "content-length": String(call.bytes) }),
            },
            body: body.stream,
            signal: timer.signal,
            // The timer waits for the answer: the client's own would run from the first byte sent.
            answerSeconds: 0,
            idleSeconds,
          });
          isAnswered = true;
          return await parseReply(response, { provider, call: name, reply: call.reply });
        } catch (error) {
          call.signal.throwIfAborted();
          const isLate = timer.signal.aborted;
          // Frees the source, which may be waiting for bytes that nobody wants any more.
          timer.abort(error);
          const failure = isLate ? null : body.failure();
          throw failure ?? toBrokenError(error, { provider, call: name, isCutShort: isCutShort() });
        } finally {
          timer.stop();
        }
      }),

    answer: async (method, path, call) =>
      ask({ access, method, path, accept: "application/json", call }, async (response) =>
        readAnswer(response, { provider, call: `${method} ${path}`, access, now: options.now() }),
      ),

    events: async (path, call) =>
      ask<SynchronousAnswer | StreamedAnswer>(
        { access, method: "POST", path, accept: "text/event-stream", call },
        async (response) => {
          const name = `POST ${path}`;
          return isEventStream(response)
            ? readEvents(response, { provider, call: name, signal: call.signal, isEnd: call.isEnd })
            : readAnswer(response, { provider, call: name, access, now: options.now() });
        },
      ),
  });
}

interface Question {
  readonly access: Access;
  readonly method: Method;
  readonly path: string;
  readonly accept: string;
  readonly call: AnswerCall;
}

/** An id as one segment of a path. Dots alone would climb out of the folder. */
export function pathSegment(id: string): string {
  if (id === "" || id === "." || id === "..") {
    throw new GatewayError("upstream_not_found", `There can be nothing with the id '${id}'.`, {
      notSent: true,
    });
  }
  return encodeURIComponent(id);
}

/** Sends again only what does no harm twice, or surely did nothing the first time. */
function createRetries({ provider, now, log, random = Math.random, retry: changes }: HttpOptions) {
  const policy = { ...UPSTREAM_RETRY, ...changes };
  return <Result>(method: Method, call: HttpCall, work: () => Promise<Result>): Promise<Result> => {
    const isIdempotent = call.idempotent ?? (method === "GET" || method === "DELETE");
    return retry(work, {
      policy,
      signal: call.signal,
      now,
      random,
      delayAfter(error) {
        if (!isGatewayError(error) || !error.retryable) return null;
        if (!isIdempotent && error.details.notSent !== true) return null;
        const seconds = error.details.retryAfterSeconds ?? 0;
        return seconds > MAX_RETRY_AFTER_SECONDS ? null : seconds * 1_000;
      },
      onRetry(error, delayMilliseconds) {
        const code = isGatewayError(error) ? error.code : "internal";
        log.debug(
          { provider, operation: call.operation, code, delayMilliseconds },
          "upstream call is tried again",
        );
      },
    });
  };
}
