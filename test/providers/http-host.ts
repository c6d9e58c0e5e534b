import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import type { Access } from "../../src/core/client.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { createUpstreamAgent } from "../../src/providers/upstream-agent.ts";
import type { HttpDeps } from "../../src/providers/upstream.ts";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = (
  response: ServerResponse,
  request: IncomingMessage,
  seen: SeenRequest,
) => unknown;

export interface HttpHost extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
}

/** A host whose answers the test writes; the last answer is repeated. Bodies are read before it answers. */
export async function startHost(...answers: readonly Answer[]): Promise<HttpHost> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = (await buffer(request)).toString("utf8");
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const one = { method: request.method ?? "", url: request.url ?? "", headers, body };
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push(one);
      await answer?.(response, request, one);
    })().catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function sendJson(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** The connection is destroyed after the request has been read. */
export const reset: Answer = (_, request) => request.socket.resetAndDestroy();

export const silence: Answer = () => undefined;

interface UpstreamCallSeen {
  readonly provider: string;
  readonly operation: string;
  readonly status: number | null;
  readonly seconds: number;
}

export interface TestDeps extends HttpDeps, AsyncDisposable {
  readonly calls: readonly UpstreamCallSeen[];
}

/** What a provider's HTTP client needs, with waits that don't make tests slow. */
export function createDeps(changes: Partial<HttpDeps> = {}): TestDeps {
  const calls: UpstreamCallSeen[] = [];
  const agent = createUpstreamAgent({ connectSeconds: 5 });
  return {
    agent,
    telemetry: {
      upstreamCall: (call) => void calls.push(call),
      moved: () => undefined,
      batchState: () => undefined,
    },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    },
    now: Date.now,
    random: () => 0.5,
    ...changes,
    retry: { firstDelayMilliseconds: 1, maxDelayMilliseconds: 2, ...changes.retry },
    calls,
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

export const SECRET = "sk-proj-verysecretkey1234567890";

export function access(changes: Partial<Access> = {}): Access {
  return { account: "openai/default", key: SECRET, source: "configured", headers: {}, ...changes };
}

export const never = new AbortController().signal;

/** The `GatewayError` that a call ends with. */
export async function failure(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw new Error(`not a GatewayError: ${inspect(error)}`);
}
