import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { type App, createApp } from "../../src/app.ts";
import { type ConfigInput, createConfig } from "../../src/config/schema.ts";
import type { Emulator } from "../../src/emulators/control.ts";
import type { OpenAIControl } from "../../src/emulators/openai/control.ts";
import {
  type OpenAIEmulatorOptions,
  startOpenAIEmulator,
} from "../../src/emulators/openai/server.ts";
import { CLIENT_KEY, PROVIDER_KEY } from "./secrets.ts";
import { createTestLog, type TestLog } from "./test-log.ts";

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly log: TestLog;
  readonly emulator: Emulator<OpenAIControl>;
  readonly dataDir: string;
  /** An official client whose key is a dummy, as users of a configured gateway have it. */
  openai(options?: { readonly apiKey?: string; readonly prefix?: string }): OpenAI;
  /** Stops and starts the gateway on the same data; the emulator goes on. */
  restart(config?: ConfigInput): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly config?: ConfigInput;
  readonly emulator?: OpenAIEmulatorOptions;
  /** False: no key is configured, and clients bring theirs. */
  readonly withKey?: boolean;
  readonly now?: () => number;
}

/** The real app on a free port, with an emulated OpenAI behind it. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), "crossbatch-test-"));
  const emulator = await startOpenAIEmulator({
    apiKeys: [PROVIDER_KEY, { key: CLIENT_KEY, project: "client" }],
    ...options.emulator,
  });
  const log = createTestLog();
  const start = async (
    config: ConfigInput = {},
  ): Promise<{ readonly app: App; readonly url: string }> => {
    const base: ConfigInput = {
      port: 0,
      dataDir,
      pollSeconds: 0.05,
      shutdownGraceSeconds: 5,
      log: { level: "debug", format: "json" },
      ...options.config,
      ...config,
    };
    const limits = { settleSeconds: 0.3, ...base.limits };
    const openai = {
      baseUrl: emulator.url,
      ...(options.withKey === false ? {} : { apiKey: PROVIDER_KEY }),
      ...base.providers?.["openai"],
    };
    const app = await createApp(
      createConfig({ ...base, limits, providers: { ...base.providers, openai } }),
      {
        destination: log,
        ...(options.now === undefined ? {} : { now: options.now }),
      },
    );
    return { app, url: await app.start() };
  };
  let current = await start();
  const close = async () => {
    await current.app.stop();
    await emulator.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return {
    get url() {
      return current.url;
    },
    log,
    emulator,
    dataDir,
    openai: ({ apiKey = "any-key-will-do", prefix = "/openai" } = {}) =>
      new OpenAI({ baseURL: current.url + prefix, apiKey, maxRetries: 0 }),
    async restart(config) {
      await current.app.stop();
      current = await start(config);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
