import type { Access } from "../../core/client.ts";
import type { Provider, ProviderLimits, Upstream } from "../../core/provider.ts";
import type { RetryPolicy } from "../../lib/retry.ts";
import { createHttp, createRetries, type HttpDeps } from "../upstream.ts";
import { createBatches } from "./batches.ts";
import { createCalls } from "./calls.ts";
import { readErrorFacts } from "./error-facts.ts";
import { createFiles } from "./files.ts";
import { createModels } from "./models.ts";
import { createTokens } from "./tokens.ts";
import { WINDOW_HOURS } from "./report.ts";

/** Google counts bytes only. A million lines of a Part keep its index at 20 MB, and what one job may lose within reason. */
const GEMINI_LIMITS: ProviderLimits = {
  minLines: 1,
  maxLines: 1_000_000,
  maxBytes: 2_147_483_648,
  oneModel: true,
  windowHours: WINDOW_HOURS,
};

/**
 * Each answer is waited for, so not as many as the 8 MiB of Google's own SDKs call for. Of a chunk whose answer is lost the host says
 * how much it has.
 */
const CHUNK_BYTES = 64 * 1024 * 1024;

/** Lines are ready at once as a rule; two minutes are for the exception. */
const ACTIVATION: RetryPolicy = {
  attempts: 60,
  firstDelayMilliseconds: 500,
  maxDelayMilliseconds: 5_000,
  totalMilliseconds: 120_000,
};

export interface GeminiProviderOptions {
  readonly name: string;
  /** Without the version, as the SDKs take it: `https://generativelanguage.googleapis.com`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Left out: there is none but that. */
  readonly apiKeys?: Provider["namedKeys"];
  readonly passThrough: boolean;
  /** Left out: models there may truly have a prefix. */
  readonly modelPrefix?: string | null;
  readonly limits?: Partial<ProviderLimits>;
  /** Of an upload; a multiple of 256 KiB. */
  readonly chunkBytes?: number;
  /** How long is waited for a batch's input to be ready. */
  readonly activation?: Partial<RetryPolicy>;
}

/** The Gemini Developer API, and every host that speaks it. */
export function createGeminiProvider(options: GeminiProviderOptions, deps: HttpDeps): Provider {
  const { name, apiKey, passThrough, chunkBytes = CHUNK_BYTES } = options;
  // Paths name it: it may be in the address of a host, as its documentation writes it.
  const baseUrl = options.baseUrl.replace(/\/v1beta\/?$/, "");
  const { origin } = new URL(baseUrl);
  const shared = { ...deps, provider: name, readFacts: readErrorFacts };
  const http = createHttp({ ...shared, baseUrl, authorize });
  const chunks = createHttp({ ...shared, baseUrl: origin, authorize: () => ({}) });
  const withRetries = createRetries(shared);
  const activation = {
    policy: { ...ACTIVATION, ...options.activation },
    now: deps.now,
    random: deps.random ?? Math.random,
  };
  return {
    name,
    format: "gemini",
    limits: { ...GEMINI_LIMITS, ...options.limits },
    configuredKey: apiKey,
    namedKeys: options.apiKeys ?? [],
    passThrough,
    keepsFiles: true,
    takesInputFiles: true,
    hasBatches: true,
    belowMinimum: "direct",
    hasForeignFiles: false,
    nativeIds: { file: /^files\/[a-z0-9-]+$/, batch: /^batches\/[A-Za-z0-9-]+$/ },
    modelPrefix: options.modelPrefix ?? null,
    forwardedHeaders: [],
    connect(access): Upstream {
      const account = http(access);
      return {
        ...createBatches(account),
        files: createFiles({
          http: account,
          chunks: chunks(access),
          origin,
          withRetries,
          chunkBytes,
          activation,
        }),
        calls: createCalls(account),
        models: createModels(account),
        tokens: createTokens(account),
      };
    },
  };
}

/** Never in the URL, which ends up in logs. */
function authorize({ key }: Access): Record<string, string> {
  return key === null ? {} : { "x-goog-api-key": key };
}
