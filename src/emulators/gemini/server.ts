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
import type { AnswerContext } from "./answers/generate.ts";
import type { ApiKey } from "./api-keys.ts";
import { createKeyCheck, DEFAULT_API_KEY } from "./api-keys.ts";
import { createBatchBook } from "./batches.ts";
import type { Call, Route } from "./call.ts";
import type { GeminiControl } from "./control.ts";
import { createOwnControl, ownCommands } from "./control.ts";
import type { FileStore } from "./file-store.ts";
import { openFileStore } from "./file-store.ts";
import { fileRoutes, findFile } from "./files.ts";
import type { GeminiLimits } from "./limits.ts";
import { GEMINI_LIMITS } from "./limits.ts";
import type { ModelInfo } from "./models.ts";
import { createModelTable } from "./models.ts";
import { findRoute } from "./router.ts";
import { sendError, sendReply } from "./send.ts";
import { errorOfStatus, invalidArgument, renderError, StatusError } from "./status-error.ts";
import { synchronousRoutes } from "./synchronous.ts";
import { uploadRoutes } from "./uploads.ts";

export interface GeminiEmulatorOptions {
  /** A free one if left out. */
  readonly port?: number;
  readonly host?: string;
  /** Every other key is refused; `gemini-emulator` if left out. */
  readonly apiKeys?: readonly (string | ApiKey)[];
  /** Beside those that are known anyway. */
  readonly models?: readonly ModelInfo[];
  readonly limits?: Partial<GeminiLimits>;
  readonly speed?: Speed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Where a temporary folder for the files is made; the system's own place if left out. */
  readonly dataDirectory?: string;
  /** Whether a row names its key before or after its result depends on it. */
  readonly seed?: number;
  /** At least so long is every text of an answer. */
  readonly minCharacters?: number;
}

/** The Gemini API's files, batches and the calls that batches are made of, strict and deterministic. */
export async function startGeminiEmulator(
  options: GeminiEmulatorOptions = {},
): Promise<Emulator<GeminiControl>> {
  const limits = { ...GEMINI_LIMITS, ...options.limits };
  const models = createModelTable(options.models ?? []);
  const pace = createPace(options.speed ?? "instant");
  const plans = createLinePlans();
  const now = () => centre.control.now();
  const parent = options.dataDirectory ?? null;
  const store = await openFileStore({ parent, now, fileSeconds: limits.fileSeconds });
  const context = (project: string, model: ModelInfo): AnswerContext => ({
    model,
    inBatch: false,
    minCharacters: options.minCharacters ?? 0,
    requireFile: (uri) => requireFile(uri, project, store),
  });
  let looks = 0;
  const book = createBatchBook({
    store,
    pace,
    plans,
    limits,
    models,
    now,
    seed: options.seed ?? 1,
    looksWithoutOutput: () => looks,
    context: ({ project, model }) => ({ ...context(project, model), inBatch: true }),
  });
  const steering = createBatchControl({
    pace,
    plans,
    run: async (id, count) => book.get(id).run(count),
    advance: async (id) => book.get(id).advance(),
    complete: async (id) => book.get(id).complete(),
    batches: () =>
      book.all().map(({ record: { id, state, total, displayName } }) => ({
        id: `batches/${id}`,
        state,
        lines: total,
        metadata: displayName === null ? null : { displayName },
      })),
  });
  const moves = {
    ...steering,
    failBatch: async (id: string, message: string) => book.get(id).fail(message),
    delayOutput: (count: number) => {
      looks = count;
    },
  };
  const own = createOwnControl(moves, store);
  const centre = createControl({
    now: options.now ?? Date.now,
    renderError: (status) => ({
      headers: { "content-type": "application/json; charset=UTF-8" },
      body: JSON.stringify(renderError(errorOfStatus(status))),
    }),
    clockChanged: () => {
      // What fails here fails again, and is told, when a client looks at the batch.
      for (const batch of book.all()) batch.checkClock().catch(() => undefined);
    },
    commands: ownCommands(own),
  });
  const routes = [
    ...fileRoutes({ store, limits }),
    ...uploadRoutes({ store, limits }),
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
    url: address.origin,
    controlUrl: address.origin + CONTROL_PREFIX.replace(/\/$/, ""),
    control: { ...centre.control, ...own },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Addresses elsewhere are taken as they are. */
function requireFile(uri: string, project: string, store: FileStore): void {
  const id = /(?:^|\/v1beta\/)files\/([^/:?]+)/.exec(uri)?.[1];
  if (id !== undefined) findFile(store, project, id);
}

type ProjectOf = (key: string | undefined) => string;

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
  try {
    const url = new URL(request.url ?? "/", "http://emulator");
    const query = url.searchParams;
    const { route, ids } = findRoute(api.routes, request.method ?? "GET", url.pathname);
    const isOpen = route.isOpen?.(query) ?? false;
    const header = request.headers["x-goog-api-key"];
    const key = typeof header === "string" ? header : (query.get("key") ?? undefined);
    const call: Call = { request, query, ids, project: isOpen ? "" : api.projectOf(key) };
    const reply = await route.answer(call);
    await sendReply(request, response, reply);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendError(request, response, asStatusError(error));
  }
}

function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  // A message within a message within a message: more than the stack holds.
  if (error instanceof RangeError) return invalidArgument("The message is nested too deep.");
  const reason = error instanceof Error ? error.message : String(error);
  return new StatusError("INTERNAL", `The emulator itself failed: ${reason}`);
}
