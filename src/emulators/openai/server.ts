import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createBatchControl } from "../batch-control.ts";
import type { Emulator } from "../control.ts";
import { CONTROL_PREFIX } from "../control-routes.ts";
import { createControl } from "../control.ts";
import { createLinePlans } from "../line-plans.ts";
import { listen } from "../listen.ts";
import type { Speed } from "../pace.ts";
import { createPace } from "../pace.ts";
import type { AnswerContext } from "./answers/answer.ts";
import { ApiError, errorOfStatus, renderError } from "./api-error.ts";
import type { ApiKey } from "./api-keys.ts";
import { createKeyCheck, DEFAULT_API_KEY } from "./api-keys.ts";
import { createBatchBook } from "./batches.ts";
import type { Call, Route } from "./call.ts";
import type { OpenAIControl } from "./control.ts";
import { createOwnControl, ownCommands } from "./control.ts";
import { openFileStore } from "./file-store.ts";
import { fileRoutes } from "./files.ts";
import type { OpenAILimits } from "./limits.ts";
import { OPENAI_LIMITS } from "./limits.ts";
import type { ModelInfo } from "./models.ts";
import { createModelTable } from "./models.ts";
import { newId } from "./new-id.ts";
import { API_ROOT, findRoute } from "./router.ts";
import { sendError, sendReply } from "./send.ts";
import { synchronousRoutes } from "./synchronous.ts";
import { uploadRoutes } from "./uploads.ts";

export interface OpenAIEmulatorOptions {
  /** A free one if left out. */
  readonly port?: number;
  readonly host?: string;
  /** Every other key gets a 401; `sk-emulator` if left out. */
  readonly apiKeys?: readonly (string | ApiKey)[];
  /** Beside those that are known anyway. */
  readonly models?: readonly ModelInfo[];
  readonly limits?: Partial<OpenAILimits>;
  readonly speed?: Speed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Where a temporary folder for the files is made; the system's own place if left out. */
  readonly dataDirectory?: string;
  /** The order of results depends on it. */
  readonly seed?: number;
  /** At least so long is every text of an answer. */
  readonly minCharacters?: number;
}

/** OpenAI's Files, Uploads and Batch APIs and the endpoints that batch lines name, strict and deterministic. */
export async function startOpenAIEmulator(
  options: OpenAIEmulatorOptions = {},
): Promise<Emulator<OpenAIControl>> {
  const limits = { ...OPENAI_LIMITS, ...options.limits };
  const models = createModelTable(options.models ?? []);
  const pace = createPace(options.speed ?? "instant");
  const plans = createLinePlans();
  const now = () => centre.control.now();
  const store = await openFileStore(options.dataDirectory ?? null, now);
  const context = (project: string): AnswerContext => ({
    models,
    now: Math.floor(now() / 1_000),
    minCharacters: options.minCharacters ?? 0,
    hasFile: (id) => store.find(project, id) !== null,
  });
  const seed = options.seed ?? 1;
  const lines = { plans, context: (batch: { project: string }) => context(batch.project) };
  const book = createBatchBook({ store, pace, models, limits, now, seed, ...lines });
  const steering = createBatchControl({
    pace,
    plans,
    run: async (id, count) => book.get(id).run(count),
    advance: async (id) => book.get(id).advance(),
    complete: async (id) => book.get(id).complete(),
    batches: () =>
      book.all().map(({ record }) => ({
        id: record.id,
        state: record.state,
        lines: record.total,
        metadata: record.metadata,
      })),
  });
  const own = createOwnControl(steering, store);
  const centre = createControl({
    now: options.now ?? Date.now,
    renderError: (status) => ({
      headers: { "content-type": "application/json", "x-request-id": newId("req_", 32) },
      body: JSON.stringify(renderError(errorOfStatus(status))),
    }),
    clockChanged: () => {
      // What fails here fails again, and is told, when a client looks at the batch.
      for (const batch of book.all()) batch.checkClock().catch(() => undefined);
    },
    commands: ownCommands(own),
  });
  const routes = [
    ...fileRoutes({ store, limits, now }),
    ...uploadRoutes({ store, limits, now }),
    ...book.routes,
    ...synchronousRoutes({ limits, models, context }),
  ];
  const projectOf = createKeyCheck(options.apiKeys ?? [DEFAULT_API_KEY]);
  const server = createServer(centre.listener(createListener(routes, projectOf)));
  const address = await listen(server, {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
  });
  const close = async () => {
    pace.close();
    await address.close();
    for (const batch of book.all()) await batch.stop();
    await store.close();
  };
  return {
    url: `${address.origin}${API_ROOT}`,
    controlUrl: address.origin + CONTROL_PREFIX.replace(/\/$/, ""),
    control: { ...centre.control, ...own },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type ProjectOf = (authorization: string | undefined) => string;

function createListener(routes: readonly Route[], projectOf: ProjectOf): RequestListener {
  return (request, response) => {
    void answer(request, response, { routes, projectOf });
  };
}

interface Api {
  readonly routes: readonly Route[];
  readonly projectOf: ProjectOf;
}

async function answer(request: IncomingMessage, response: ServerResponse, api: Api): Promise<void> {
  const started = performance.now();
  response.setHeader("x-request-id", newId("req_", 32));
  for (const [name, value] of USUAL_HEADERS) response.setHeader(name, value);
  try {
    const url = new URL(request.url ?? "/", "http://emulator");
    const { route, ids } = findRoute(api.routes, request.method ?? "GET", url.pathname);
    const project = api.projectOf(request.headers.authorization);
    const call: Call = { request, query: url.searchParams, ids, project };
    const reply = await route.answer(call);
    response.setHeader("openai-processing-ms", Math.round(performance.now() - started));
    await sendReply(request, response, reply);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendError(request, response, asApiError(error));
  }
}

const USUAL_HEADERS: readonly (readonly [string, string])[] = [
  ["openai-version", "2020-10-01"],
  ["openai-organization", "org-emulator"],
  ["x-ratelimit-limit-requests", "10000"],
  ["x-ratelimit-remaining-requests", "9999"],
  ["x-ratelimit-reset-requests", "6ms"],
  ["x-ratelimit-limit-tokens", "2000000"],
  ["x-ratelimit-remaining-tokens", "1999900"],
  ["x-ratelimit-reset-tokens", "3ms"],
];

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ApiError(500, `The emulator itself failed: ${reason}`, { type: "server_error" });
}
