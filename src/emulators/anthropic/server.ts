import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createBatchControl } from "../batch-control.ts";
import { CONTROL_PREFIX } from "../control-routes.ts";
import type { Emulator } from "../control.ts";
import { createControl } from "../control.ts";
import { createLinePlans } from "../line-plans.ts";
import { listen } from "../listen.ts";
import type { Speed } from "../pace.ts";
import { createPace } from "../pace.ts";
import type { AnswerContext } from "./answers/message.ts";
import { ApiError, errorOfStatus, renderError } from "./api-error.ts";
import type { ApiKey } from "./api-keys.ts";
import { createKeyCheck, DEFAULT_API_KEY } from "./api-keys.ts";
import type { ApiVersion } from "./api-version.ts";
import { readApiVersion } from "./api-version.ts";
import type { BatchBook } from "./batches.ts";
import { createBatchBook } from "./batches.ts";
import type { Call, Route } from "./call.ts";
import type { AnthropicControl } from "./control.ts";
import { createOwnControl, ownCommands } from "./control.ts";
import { createFileStore } from "./file-store.ts";
import { fileRoutes } from "./files.ts";
import type { AnthropicLimits } from "./limits.ts";
import { ANTHROPIC_LIMITS } from "./limits.ts";
import { messageRoutes } from "./messages.ts";
import type { ModelInfo } from "./models.ts";
import { createModelTable } from "./models.ts";
import { newId } from "./new-id.ts";
import { findRoute } from "./router.ts";
import { sendError, sendReply } from "./send.ts";
import { openSpool } from "./spool.ts";

export interface AnthropicEmulatorOptions {
  /** A free one if left out. */
  readonly port?: number;
  readonly host?: string;
  /** Every other key gets a 401; `sk-ant-emulator` if left out. */
  readonly apiKeys?: readonly (string | ApiKey)[];
  /** Beside those that are known anyway. */
  readonly models?: readonly ModelInfo[];
  readonly limits?: Partial<AnthropicLimits>;
  readonly speed?: Speed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Where a temporary folder is made; the system's own place if left out. */
  readonly dataDirectory?: string;
  /** The order of results depends on it. */
  readonly seed?: number;
  /** At least so long is every text of an answer. */
  readonly minCharacters?: number;
}

/** Anthropic's Message Batches, Messages, Files and Models APIs, strict and deterministic. */
export async function startAnthropicEmulator(
  options: AnthropicEmulatorOptions = {},
): Promise<Emulator<AnthropicControl>> {
  const limits = { ...ANTHROPIC_LIMITS, ...options.limits };
  const models = createModelTable(options.models ?? []);
  const pace = createPace(options.speed ?? "instant");
  const plans = createLinePlans();
  const now = () => centre.control.now();
  const spool = await openSpool(options.dataDirectory ?? null);
  const store = createFileStore(spool, now);
  const contextOf =
    (serviceTier: AnswerContext["serviceTier"]) =>
    (asked: { workspace: string; version: ApiVersion }): AnswerContext => ({
      models,
      version: asked.version,
      serviceTier,
      minCharacters: options.minCharacters ?? 0,
      hasFile: (id) => store.list(asked.workspace).some((file) => file.id === id),
    });
  const book = createBatchBook({
    spool,
    pace,
    plans,
    limits,
    now,
    seed: options.seed ?? 1,
    origin: () => address.origin,
    context: contextOf("batch"),
  });
  const own = createOwnControl(createBatchControl({ pace, plans, ...movesOf(book) }), store);
  const centre = createControl({
    now: options.now ?? Date.now,
    renderError: (status) => {
      const requestId = newId("req_");
      return {
        headers: { "content-type": "application/json", "request-id": requestId },
        body: JSON.stringify(renderError(errorOfStatus(status), requestId)),
      };
    },
    clockChanged: () => {
      // What fails here fails again, and is told, when a client looks at the batch.
      for (const batch of book.all()) batch.checkClock().catch(() => undefined);
    },
    commands: ownCommands(own),
  });
  const routes = [
    ...book.routes,
    ...fileRoutes({ store, spool, limits, now }),
    ...messageRoutes({ limits, models, context: contextOf("standard") }),
  ];
  const workspaceOf = createKeyCheck(options.apiKeys ?? [DEFAULT_API_KEY]);
  const server = createServer(
    centre.listener((request, response) => {
      void answer(request, response, { routes, workspaceOf });
    }),
  );
  const address = await listen(server, {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
  });
  const close = async () => {
    pace.close();
    await address.close();
    for (const batch of book.all()) await batch.stop();
    await spool.close();
  };
  return {
    url: address.origin,
    controlUrl: address.origin + CONTROL_PREFIX.replace(/\/$/, ""),
    control: { ...centre.control, ...own },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function movesOf(book: BatchBook) {
  return {
    run: async (id: string, count: number) => book.get(id).run(count),
    advance: async (id: string) => book.get(id).advance(),
    // From any state it is one step to the end.
    complete: async (id: string) => book.get(id).advance(),
    batches: () =>
      book.all().map(({ record }) => ({
        id: record.id,
        state: record.state,
        lines: record.total,
        metadata: null,
      })),
  };
}

interface Api {
  readonly routes: readonly Route[];
  readonly workspaceOf: (headers: IncomingHttpHeaders) => string;
}

async function answer(request: IncomingMessage, response: ServerResponse, api: Api): Promise<void> {
  const requestId = newId("req_");
  response.setHeader("request-id", requestId);
  for (const [name, value] of USUAL_HEADERS) response.setHeader(name, value);
  try {
    const url = new URL(request.url ?? "/", "http://emulator");
    const { route, ids } = findRoute(api.routes, request.method ?? "GET", url.pathname);
    const workspace = api.workspaceOf(request.headers);
    const version = readApiVersion(request.headers);
    const call: Call = { request, query: url.searchParams, ids, workspace, version };
    await sendReply(response, await route.answer(call));
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendError({ request, requestId }, response, asApiError(error));
  }
}

const USUAL_HEADERS: readonly (readonly [string, string])[] = [
  ["anthropic-organization-id", "00000000-0000-4000-8000-000000000000"],
  ["anthropic-ratelimit-requests-limit", "4000"],
  ["anthropic-ratelimit-requests-remaining", "3999"],
  ["anthropic-ratelimit-requests-reset", "2030-01-01T00:00:00Z"],
  ["anthropic-ratelimit-tokens-limit", "2000000"],
  ["anthropic-ratelimit-tokens-remaining", "1999000"],
  ["anthropic-ratelimit-tokens-reset", "2030-01-01T00:00:00Z"],
];

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ApiError(500, `The emulator itself failed: ${reason}`);
}
