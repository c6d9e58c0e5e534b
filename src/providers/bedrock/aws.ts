import type { BedrockClient } from "@aws-sdk/client-bedrock";
import type { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Telemetry } from "../../core/telemetry.ts";
import { type S3Settings, toS3ClientConfig } from "../../s3/client-config.ts";
import { httpStatusOf } from "../../s3/sdk-error.ts";
import { createClientPool } from "./client-pool.ts";
import { boundChain } from "./credentials.ts";

/** AWS's clients by region. The SDK is loaded when the first of them is wanted. */
export interface Aws {
  /** The region that calls go to: the one named, else the configured one, else the one AWS's own settings name. */
  regionOf(named: string | null): Promise<string>;
  s3(region: string): Promise<S3Entry>;
  control(region: string): Promise<ControlEntry>;
  /** Tries each call once. */
  controlOnce(region: string): Promise<ControlEntry>;
  runtime(region: string): Promise<RuntimeEntry>;
  close(): Promise<void>;
}

interface S3Entry {
  readonly sdk: typeof import("@aws-sdk/client-s3");
  readonly client: S3Client;
}

interface ControlEntry {
  readonly sdk: typeof import("@aws-sdk/client-bedrock");
  readonly client: BedrockClient;
}

interface RuntimeEntry {
  readonly sdk: typeof import("@aws-sdk/client-bedrock-runtime");
  readonly client: BedrockRuntimeClient;
}

export interface AwsOptions {
  readonly name: string;
  readonly region: string | null;
  /** Null: AWS's own addresses. */
  readonly endpoint: string | null;
  readonly runtimeEndpoint: string | null;
  readonly s3: S3Settings & { readonly region: string };
}

const CONNECT_MILLISECONDS = 5_000;

export function createAws(
  { name, region: configured, endpoint, runtimeEndpoint, s3 }: AwsOptions,
  deps: { readonly telemetry: Telemetry; readonly now: () => number },
): Aws {
  let settings: Promise<BedrockClient> | null = null;
  /** Of use for what it finds in AWS's own settings alone: it makes no calls. */
  const ownSettings = async () => {
    settings ??= import("@aws-sdk/client-bedrock").then((sdk) => new sdk.BedrockClient({}));
    return settings;
  };
  const findCredentials = async () => {
    const { config } = await ownSettings();
    return boundChain(name, async () => config.credentials())();
  };
  const credentials = s3.credentials ?? findCredentials;
  const watch = createWatch(name, deps);

  const s3Clients = createClientPool(async (region): Promise<S3Entry> => {
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client(toS3ClientConfig({ ...s3, region, credentials }));
    client.middlewareStack.add(
      (next, context) => async (args) => watch(context, async () => next(args)),
      WATCH,
    );
    return { sdk, client };
  });
  const controlClients = (maxAttempts: number) =>
    createClientPool(async (region): Promise<ControlEntry> => {
      const sdk = await import("@aws-sdk/client-bedrock");
      const client = new sdk.BedrockClient({
        ...toCommon(region, endpoint),
        credentials,
        maxAttempts,
      });
      client.middlewareStack.add(
        (next, context) => async (args) => watch(context, async () => next(args)),
        WATCH,
      );
      return { sdk, client };
    });
  const runtimeClients = createClientPool(async (region): Promise<RuntimeEntry> => {
    const sdk = await import("@aws-sdk/client-bedrock-runtime");
    const client = new sdk.BedrockRuntimeClient({
      region,
      ...(runtimeEndpoint === null ? {} : { endpoint: runtimeEndpoint }),
      credentials,
      maxAttempts: 1,
      requestHandler: UNUSED_HANDLER,
    });
    return { sdk, client };
  });
  const control = controlClients(3);
  const controlOnce = controlClients(1);

  return {
    async regionOf(named) {
      const region = named ?? configured;
      if (region !== null) return region;
      const { config } = await ownSettings();
      // Whoever names no region anywhere means the one in which S3 is looked for by default.
      return config.region().catch(() => s3.region);
    },
    s3: async (region) => s3Clients.of(region),
    control: async (region) => control.of(region),
    controlOnce: async (region) => controlOnce.of(region),
    runtime: async (region) => runtimeClients.of(region),
    async close() {
      for (const pool of [s3Clients, control, controlOnce, runtimeClients]) await pool.close();
      (await settings?.catch(() => null))?.destroy();
    },
  };
}

const WATCH = { step: "initialize", name: "crossbatchTelemetry" } as const;

/** Its calls are sent elsewhere (`sendSigned`), by HTTP/1.1: the SDK's own handler would have them signed for HTTP/2. */
const UNUSED_HANDLER = {
  handle: async () => Promise.reject(new Error("the runtime client sends nothing itself")),
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
};

function toCommon(region: string, endpoint: string | null) {
  return {
    region,
    ...(endpoint === null ? {} : { endpoint }),
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS },
  };
}

function createWatch(
  provider: string,
  { telemetry, now }: { readonly telemetry: Telemetry; readonly now: () => number },
) {
  return async <Result extends { readonly output: object }>(
    { commandName }: { readonly commandName?: string },
    call: () => Promise<Result>,
  ): Promise<Result> => {
    const startedAt = now();
    const report = (status: number | null) => {
      const operation = commandName?.replace(/Command$/, "") ?? "unknown";
      const seconds = (now() - startedAt) / 1_000;
      telemetry.upstreamCall({ provider, operation, status, seconds });
    };
    try {
      const result = await call();
      report(httpStatusOf(result.output));
      return result;
    } catch (error) {
      report(httpStatusOf(error));
      throw error;
    }
  };
}
