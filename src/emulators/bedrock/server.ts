import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createBatchControl } from "../batch-control.ts";
import type { Emulator } from "../control.ts";
import { createControl } from "../control.ts";
import { CONTROL_PREFIX } from "../control-routes.ts";
import { createLinePlans } from "../line-plans.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Speed } from "../pace.ts";
import { createPace } from "../pace.ts";
import type { AuthorizationRules, Credentials } from "./authorization.ts";
import { checkAuthorization } from "./authorization.ts";
import { BedrockError, errorOfStatus, renderError } from "./bedrock-error.ts";
import type { Route } from "./call.ts";
import { findRoute, readBody } from "./call.ts";
import type { BedrockControl } from "./control.ts";
import { ownCommands } from "./control.ts";
import { createJobBook } from "./jobs.ts";
import type { BedrockLimits } from "./limits.ts";
import { BEDROCK_LIMITS } from "./limits.ts";
import type { ModelInfo } from "./models.ts";
import { createModelTable } from "./models.ts";
import { runtimeRoutes } from "./runtime.ts";
import { createHttpStore } from "./s3-over-http.ts";
import { errorHeaders, sendError, sendReply } from "./send.ts";
import { openSpool } from "./spool.ts";
import { listenToBoth } from "./two-protocols.ts";

export interface BedrockEmulatorOptions {
  /** The S3 emulator, in whose buckets jobs find their input and leave their output; or the URL of any S3. */
  readonly s3: { readonly control: { readonly store: ObjectStore } } | string;
  /** A free one if left out. */
  readonly port?: number;
  readonly host?: string;
  readonly region?: string;
  /** Twelve digits. */
  readonly account?: string;
  /** Left out: any are known, and only the shape of a signature is checked. */
  readonly credentials?: Credentials | readonly Credentials[];
  /** ARNs of the roles that jobs may be given; one named `crossbatch` if left out. */
  readonly roles?: readonly string[];
  /** Beside those that are known anyway. */
  readonly models?: readonly ModelInfo[];
  readonly limits?: Partial<BedrockLimits>;
  readonly speed?: Speed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Where a temporary folder for jobs is made; the system's own place if left out. */
  readonly dataDirectory?: string;
  /** The order of results depends on it. */
  readonly seed?: number;
  /** At least so long is every text of an answer. */
  readonly minCharacters?: number;
}

const DEFAULT_ACCOUNT = "123456789012";

/** The ARN of the role that jobs may be given if the options name none. */
export const DEFAULT_ROLE = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/crossbatch`;

/** Bedrock's jobs and runtime at one address, strict and deterministic. */
export async function startBedrockEmulator(
  options: BedrockEmulatorOptions,
): Promise<Emulator<BedrockControl>> {
  const limits = { ...BEDROCK_LIMITS, ...options.limits };
  const region = options.region ?? "us-east-1";
  const models = createModelTable(options.models ?? []);
  const minCharacters = options.minCharacters ?? 0;
  const pace = createPace(options.speed ?? "instant");
  const plans = createLinePlans();
  const spool = await openSpool(options.dataDirectory ?? null);
  const book = createJobBook({
    store: storeOf(options, region),
    spool,
    pace,
    plans,
    limits,
    models,
    region,
    account: options.account ?? DEFAULT_ACCOUNT,
    roles: options.roles ?? [DEFAULT_ROLE],
    now: () => centre.control.now(),
    seed: options.seed ?? 1,
    minCharacters,
  });
  let failingStreams = 0;
  const breaksOff = () => {
    if (failingStreams === 0) return false;
    failingStreams -= 1;
    return true;
  };
  const own = {
    ...createBatchControl({
      pace,
      plans,
      run: async (id, count) => book.get(id).run(count),
      advance: async (id) => book.get(id).advance(),
      complete: async (id) => book.get(id).complete(),
      batches: () =>
        book.all().map(({ record: { id, state, total, name } }) => ({
          id,
          state,
          lines: total,
          metadata: { jobName: name },
        })),
    }),
    endBatch: async (...[id, state, message]: Parameters<BedrockControl["endBatch"]>) =>
      book.get(id).endAs(state, message),
    failStreams: (times: number) => {
      failingStreams = times;
    },
  };
  const realNow = options.now ?? Date.now;
  const centre = createControl({
    now: realNow,
    renderError: (status) => {
      const error = errorOfStatus(status);
      return { headers: errorHeaders(error), body: JSON.stringify(renderError(error)) };
    },
    clockChanged: () => {
      // What fails here fails again, and is told, when a client looks at the job.
      for (const job of book.all()) job.checkClock().catch(() => undefined);
    },
    commands: ownCommands(own),
  });
  const { credentials } = options;
  const api: Api = {
    routes: [...book.routes, ...runtimeRoutes({ models, minCharacters, breaksOff })],
    maxBytes: limits.bodyBytes,
    rules: {
      region,
      credentials: credentials === undefined ? null : [credentials].flat(),
      // Clients sign by their own clock, which nobody sets forward with the jobs'.
      now: realNow,
    },
  };
  const address = await listenToBoth(centre.listener(createListener(api)), {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
  });
  const close = async () => {
    pace.close();
    await address.close();
    for (const job of book.all()) await job.close();
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

/** At an address the first pair of keys signs. */
function storeOf({ s3, credentials = [] }: BedrockEmulatorOptions, region: string): ObjectStore {
  if (typeof s3 !== "string") return s3.control.store;
  const pair = [credentials].flat().find((one) => "accessKeyId" in one);
  const keys = { accessKeyId: "emulator", secretAccessKey: "emulator", ...pair };
  return createHttpStore(s3, { region, ...keys });
}

interface Api {
  readonly routes: readonly Route[];
  readonly maxBytes: number;
  readonly rules: AuthorizationRules;
}

function createListener(api: Api): RequestListener {
  return (request, response) => {
    void answer(request, response, api);
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, api: Api): Promise<void> {
  try {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://emulator");
    const body = await readBody(request, api.maxBytes);
    checkAuthorization(request, body, api.rules);
    const { route, ids } = findRoute(api.routes, request.method ?? "GET", pathname);
    sendReply(response, await route.answer({ request, body, query: searchParams, ids }));
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendError(request, response, asBedrockError(error));
  }
}

function asBedrockError(error: unknown): BedrockError {
  if (error instanceof BedrockError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new BedrockError("InternalServerException", `The emulator itself failed: ${reason}`);
}
