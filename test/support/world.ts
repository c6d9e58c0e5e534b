import Anthropic from "@anthropic-ai/sdk";
import type { ConfigInput } from "../../src/config/schema.ts";
import type { AnthropicControl } from "../../src/emulators/anthropic/control.ts";
import { startAnthropicEmulator } from "../../src/emulators/anthropic/server.ts";
import type { BedrockControl } from "../../src/emulators/bedrock/control.ts";
import { startBedrockEmulator } from "../../src/emulators/bedrock/server.ts";
import type { BatchControl } from "../../src/emulators/batch-control.ts";
import type { Control, Emulator } from "../../src/emulators/control.ts";
import type { GeminiControl } from "../../src/emulators/gemini/control.ts";
import { startGeminiEmulator } from "../../src/emulators/gemini/server.ts";
import type { Speed } from "../../src/emulators/pace.ts";
import { startS3Emulator } from "../../src/emulators/s3/server.ts";
import { type GatewayOptions, type RunningGateway, startGateway } from "./gateway.ts";
import { CLIENT_KEY, PROVIDER_KEY } from "./secrets.ts";

export const PROVIDERS = ["openai", "anthropic", "gemini", "bedrock"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A model that each provider's emulator answers for, of chats and of embeddings. */
export const MODELS: Readonly<Record<ProviderName, string>> = {
  openai: "gpt-4o-mini",
  anthropic: "claude-3-sonnet-20240229",
  gemini: "gemini-1.5-flash",
  bedrock: "anthropic.claude-3-sonnet-20240229-v1:0",
};

export const BUCKET = "your-s3-bucket";
export const REGION = "us-west-2";

/** A gateway with every provider emulated behind it. */
export interface World extends RunningGateway {
  readonly emulators: Readonly<Record<ProviderName, Emulator<Control & BatchControl>>> & {
    readonly anthropic: Emulator<AnthropicControl>;
    readonly gemini: Emulator<GeminiControl>;
    readonly bedrock: Emulator<BedrockControl>;
  };
  readonly s3: Awaited<ReturnType<typeof startS3Emulator>>;
  anthropic(options?: {
    readonly provider?: string;
    readonly apiKey?: string;
    readonly prefix?: string;
  }): Anthropic;
}

export interface WorldOptions extends GatewayOptions {
  readonly speed?: Speed;
  /** The fewest records of a Bedrock job, at the gateway and at its emulator. */
  readonly minimumLines?: number;
  readonly buckets?: readonly string[];
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  // The SDK of AWS looks for credentials in the environment of its process.
  process.env["AWS_ACCESS_KEY_ID"] ??= "emulated";
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "emulated-secret-0123456789";
  const { speed = "instant", minimumLines = 100 } = options;
  const keys = { apiKeys: [PROVIDER_KEY, CLIENT_KEY], speed };
  const anthropic = await startAnthropicEmulator(keys);
  const gemini = await startGeminiEmulator(keys);
  const buckets = options.buckets ?? [BUCKET, "your-bucket", "crossbatch-default"];
  const s3 = await startS3Emulator({ buckets, region: REGION });
  const bedrock = await startBedrockEmulator({
    s3,
    region: REGION,
    speed,
    limits: { recordsPerJobAtLeast: minimumLines },
  });
  const configured = options.withKey === false ? {} : { apiKey: PROVIDER_KEY };
  const given = options.config?.providers ?? {};
  const providers: ConfigInput["providers"] = {
    ...given,
    anthropic: { baseUrl: anthropic.url, ...configured, ...given["anthropic"] },
    gemini: { baseUrl: gemini.url, ...configured, ...given["gemini"] },
    bedrock: {
      endpoint: bedrock.url,
      runtimeEndpoint: bedrock.url,
      region: REGION,
      roleArn: "arn:aws:iam::123456789012:role/crossbatch",
      s3Uri: "s3://crossbatch-default/jobs",
      minimumLines,
      ...given["bedrock"],
    },
  };
  const gateway = await startGateway({
    ...options,
    emulator: { ...options.emulator, speed },
    config: { s3: { endpoint: s3.url, region: REGION }, ...options.config, providers },
  });
  const close = async () => {
    await gateway.close();
    for (const each of [anthropic, gemini, bedrock, s3]) await each.close();
  };
  return {
    get url() {
      return gateway.url;
    },
    log: gateway.log,
    emulator: gateway.emulator,
    dataDir: gateway.dataDir,
    openai: (client) => gateway.openai(client),
    restart: (config) => gateway.restart(config),
    emulators: { openai: gateway.emulator, anthropic, gemini, bedrock },
    s3,
    anthropic: ({ provider, apiKey = "virtual-key-or-dummy-key", prefix = "/anthropic" } = {}) =>
      new Anthropic({
        baseURL: gateway.url + prefix,
        apiKey,
        maxRetries: 0,
        ...(provider === undefined ? {} : { defaultHeaders: { "x-model-provider": provider } }),
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
