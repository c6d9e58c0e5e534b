import type { Access } from "../../core/client.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Provider, ProviderLimits, Upstream } from "../../core/provider.ts";
import { createHttp, type HttpDeps } from "../upstream.ts";
import { createBatches } from "./batches.ts";
import { createCalls } from "./calls.ts";
import { createFiles } from "./files.ts";
import { createModels } from "./models.ts";

/** OpenAI's: 50,000 lines, 200 MB, one model, 24 h. Other hosts may differ. */
const OPENAI_LIMITS: ProviderLimits = {
  minLines: 1,
  maxLines: 50_000,
  maxBytes: 200 * 1024 * 1024,
  oneModel: true,
  windowHours: 24,
};

export interface UploadLimits {
  /** The largest file that one request may carry; larger ones go through the Uploads API. */
  readonly requestBytes: number;
  readonly partBytes: number;
}

const OPENAI_UPLOAD_LIMITS: UploadLimits = {
  requestBytes: 512 * 1024 * 1024,
  partBytes: 64 * 1024 * 1024,
};

const FORWARDED_HEADERS = ["openai-organization", "openai-project"] as const;

export interface OpenAIProviderOptions {
  readonly name: string;
  /** With the version, as the SDKs take it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Left out: there is none but that. */
  readonly apiKeys?: Provider["namedKeys"];
  readonly passThrough: boolean;
  /** Whether the host keeps files. */
  readonly files: boolean;
  /** Whether the host has a batch API. */
  readonly batches: boolean;
  /** Left out: models there may truly have a prefix. */
  readonly modelPrefix?: string | null;
  readonly limits?: Partial<ProviderLimits>;
  readonly uploads?: Partial<UploadLimits>;
}

/** OpenAI, and every host that speaks its API. */
export function createOpenAIProvider(options: OpenAIProviderOptions, deps: HttpDeps): Provider {
  const { name, baseUrl, apiKey, passThrough } = options;
  const uploads = { ...OPENAI_UPLOAD_LIMITS, ...options.uploads };
  const http = createHttp({ ...deps, provider: name, baseUrl, authorize });
  return {
    name,
    format: "openai",
    limits: { ...OPENAI_LIMITS, ...options.limits },
    configuredKey: apiKey,
    namedKeys: options.apiKeys ?? [],
    passThrough,
    keepsFiles: options.files,
    takesInputFiles: options.files,
    hasBatches: options.batches,
    belowMinimum: "direct",
    hasForeignFiles: false,
    nativeIds: { file: /^file-[A-Za-z0-9_-]+$/, batch: /^batch_[A-Za-z0-9_-]+$/ },
    modelPrefix: options.modelPrefix ?? null,
    forwardedHeaders: FORWARDED_HEADERS,
    connect(access): Upstream {
      const account = http(access);
      return {
        ...(options.batches ? createBatches(account) : noBatches(name)),
        calls: createCalls(account),
        models: createModels(account),
        ...(options.files ? { files: createFiles(account, uploads) } : {}),
      };
    },
  };
}

function authorize(access: Access): Record<string, string> {
  const forwarded = FORWARDED_HEADERS.flatMap((name) => {
    const value = access.headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(forwarded),
    ...(access.key === null ? {} : { authorization: `Bearer ${access.key}` }),
  };
}

function noBatches(name: string): Upstream {
  const refuse = (): never => {
    throw new GatewayError(
      "invalid_request",
      `${name} has no batch API: it is configured with batches: false. Name another provider.`,
      { param: "provider", notSent: true },
    );
  };
  const reject = async () => refuse();
  return { submit: reject, find: reject, poll: reject, collect: refuse, cancel: reject };
}
