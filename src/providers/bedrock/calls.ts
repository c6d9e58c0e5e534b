import type { Agent, Dispatcher } from "undici";
import { GatewayError } from "../../core/errors.ts";
import type {
  ServerEvent,
  StreamedAnswer,
  SynchronousAnswer,
  SynchronousCalls,
  SynchronousRequest,
  TokenCounter,
} from "../../core/provider.ts";
import type { Telemetry } from "../../core/telemetry.ts";
import { numberIn } from "../../lib/number-in.ts";
import { parseRetryAfter } from "../../lib/retry-after.ts";
import { toBrokenError } from "../upstream-error.ts";
import { readBounded } from "../upstream-reply.ts";
import type { Aws } from "./aws.ts";
import { toCountBody } from "./count-body.ts";
import { answeredStatus } from "./errors.ts";
import { parseEventStream } from "./event-stream.ts";
import { toServerEvent } from "./server-events.ts";
import { type RuntimeOperation, sendSigned } from "./signed-request.ts";

/** How long a model may think before its answer begins, and within it. */
const MODEL_SECONDS = 600;
/** Embeddings of many texts, or images in base64, are this large. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

interface CallsContext {
  readonly provider: string;
  readonly agent: Agent;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly runtime: () => ReturnType<Aws["runtime"]>;
}

interface Calls {
  readonly calls: SynchronousCalls;
  readonly tokens: TokenCounter;
}

/** `InvokeModel` and `Converse`, whole and streamed, and what they would cost. Answers are passed on as they came. */
export function createCalls(context: CallsContext): Calls {
  const { provider, now } = context;

  async function ask<Result>(
    { operation, model, body }: Question,
    signal: AbortSignal,
    read: (response: Dispatcher.ResponseData) => Promise<Result>,
  ): Promise<Result> {
    const startedAt = now();
    let status: number | null = null;
    try {
      const runtime = await context.runtime();
      const { response } = await sendSigned(runtime, { operation, model, body }, async (signed) => {
        const response = await context.agent.request({
          ...signed,
          body,
          signal,
          headersTimeout: MODEL_SECONDS * 1_000,
          bodyTimeout: MODEL_SECONDS * 1_000,
        });
        status = response.statusCode;
        return { statusCode: status, headers: textHeaders(response), response };
      });
      return await read(response);
    } catch (error) {
      signal.throwIfAborted();
      throw toBrokenError(error, { provider, call: operation, isCutShort: false });
    } finally {
      const seconds = (now() - startedAt) / 1_000;
      context.telemetry.upstreamCall({ provider, operation, status, seconds });
    }
  }

  async function readWhole(response: Dispatcher.ResponseData): Promise<SynchronousAnswer> {
    const body = await readBounded(response.body, MAX_ANSWER_BYTES);
    if (response.statusCode >= 300 && response.statusCode < 400) {
      throw new GatewayError(
        "upstream_rejected",
        `${provider} answered ${response.statusCode}, a redirect. It isn't followed: runtime_endpoint must be the final address.`,
      );
    }
    if (body === null) {
      throw new GatewayError(
        "upstream_unavailable",
        `${provider} answered with more than ${MAX_ANSWER_BYTES} bytes.`,
      );
    }
    const status = answeredStatus(errorTypeOf(response), response.statusCode);
    return {
      kind: "whole",
      status,
      requestId: requestIdOf(response),
      retryAfterSeconds: parseRetryAfter(response.headers, now()),
      // AWS quotes what was to be signed, session token included.
      body: status === 401 ? JSON.stringify({ message: REFUSED }) : body,
    };
  }

  async function* readEvents(
    { body }: Dispatcher.ResponseData,
    operation: RuntimeOperation,
    signal: AbortSignal,
  ): AsyncGenerator<ServerEvent> {
    try {
      for await (const message of parseEventStream(body)) yield toServerEvent(message, provider);
    } catch (error) {
      signal.throwIfAborted();
      throw toBrokenError(error, { provider, call: operation, isCutShort: false });
    }
  }

  const tokens: TokenCounter = {
    async count(request, signal) {
      const body = toCountBody(request);
      const question = toQuestion(provider, "count-tokens", { ...request, body });
      return ask(question, signal, readWhole);
    },
    parse: (answer) => numberIn(answer, "inputTokens"),
  };
  const calls: SynchronousCalls = {
    async send(request, signal) {
      const operation = request.variant === "Converse" ? "converse" : "invoke";
      return ask(toQuestion(provider, operation, request), signal, readWhole);
    },

    async stream(request, signal) {
      const isConverse = request.variant === "Converse";
      const operation = isConverse ? "converse-stream" : "invoke-with-response-stream";
      const read = async (
        response: Dispatcher.ResponseData,
      ): Promise<SynchronousAnswer | StreamedAnswer> => {
        const { statusCode: status } = response;
        if (status >= 300) return readWhole(response);
        const events = readEvents(response, operation, signal);
        return { kind: "events", status, requestId: requestIdOf(response), events };
      };
      return ask(toQuestion(provider, operation, request), signal, read);
    },
  };
  return { calls, tokens };
}

const REFUSED = "The AWS credentials that the gateway uses were refused.";

interface Question {
  readonly operation: RuntimeOperation;
  readonly model: string;
  readonly body: Uint8Array;
}

function toQuestion(
  provider: string,
  operation: RuntimeOperation,
  { model, body }: SynchronousRequest,
): Question {
  if (model !== null) return { operation, model, body: Buffer.from(body) };
  throw new GatewayError("invalid_request", `A call to ${provider} needs a model.`, {
    param: "model",
    notSent: true,
  });
}

/** `ValidationException:http://internal.amazon.com/coral/…` */
function errorTypeOf({ headers }: Dispatcher.ResponseData): string | null {
  const type = headers["x-amzn-errortype"];
  return typeof type === "string" ? (type.split(":")[0] ?? null) : null;
}

function requestIdOf({ headers }: Dispatcher.ResponseData): string | null {
  const id = headers["x-amzn-requestid"];
  return typeof id === "string" ? id : null;
}

function textHeaders({ headers }: Dispatcher.ResponseData): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}
