import type { Provider, ProviderLimits, Upstream } from "../../core/provider.ts";
import { createHttp, type HttpDeps } from "../upstream.ts";
import { createBatches, ENVELOPE_BYTES } from "./batches.ts";
import { createCalls } from "./calls.ts";
import { readFacts } from "./error-facts.ts";
import { createFiles } from "./files.ts";
import { createModels } from "./models.ts";
import { createTokens } from "./tokens.ts";
import { authorize, FORWARDED_HEADERS, withFilesBeta, withoutFilesBeta } from "./headers.ts";

const ANTHROPIC_LIMITS: ProviderLimits = {
  minLines: 1,
  maxLines: 100_000,
  // Anthropic says "256 MB" of the whole body: the smaller reading is safe whichever is meant.
  maxBytes: 256_000_000 - ENVELOPE_BYTES,
  oneModel: false,
  windowHours: 24,
};

export interface AnthropicProviderOptions {
  readonly name: string;
  /** Without the version, as the SDKs take it: `https://api.anthropic.com`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Left out: there is none but that. */
  readonly apiKeys?: Provider["namedKeys"];
  readonly passThrough: boolean;
  /** Left out: models there may truly have a prefix. */
  readonly modelPrefix?: string | null;
  readonly limits?: Partial<ProviderLimits>;
}

/** Anthropic's Message Batches, Messages and Files. */
export function createAnthropicProvider(
  options: AnthropicProviderOptions,
  deps: HttpDeps,
): Provider {
  const { name, apiKey, passThrough } = options;
  const baseUrl = `${options.baseUrl.replace(/\/+$/, "")}/v1`;
  const http = createHttp({ ...deps, provider: name, baseUrl, authorize, readFacts });
  return {
    name,
    format: "anthropic",
    limits: { ...ANTHROPIC_LIMITS, ...options.limits },
    configuredKey: apiKey,
    namedKeys: options.apiKeys ?? [],
    passThrough,
    keepsFiles: true,
    takesInputFiles: false,
    hasBatches: true,
    belowMinimum: "direct",
    hasForeignFiles: false,
    nativeIds: { file: /^file_[A-Za-z0-9_-]+$/, batch: /^msgbatch_[A-Za-z0-9_-]+$/ },
    modelPrefix: options.modelPrefix ?? null,
    forwardedHeaders: FORWARDED_HEADERS,
    connect(access): Upstream {
      const account = http(access);
      return {
        ...createBatches(account),
        files: createFiles(http(withoutFilesBeta(access)), http(withFilesBeta(access))),
        calls: createCalls(account),
        models: createModels(account),
        tokens: createTokens(account),
      };
    },
  };
}
