import { startAnthropicEmulator } from "../emulators/anthropic/server.ts";
import type { Emulator } from "../emulators/control.ts";
import { startGeminiEmulator } from "../emulators/gemini/server.ts";
import { DEFAULT_API_KEY } from "../emulators/openai/api-keys.ts";
import { startOpenAIEmulator } from "../emulators/openai/server.ts";
import { startS3Emulator } from "../emulators/s3/server.ts";
import type { Speed } from "../emulators/pace.ts";

export interface EmulateOptions {
  /** Of the first emulator; each further one takes the next. A free port each if left out. */
  readonly port?: number;
  /** Which to start; all of them if left out. */
  readonly providers?: readonly string[];
  readonly host?: string;
  /** Lines per second and batch, or `"instant"`. */
  readonly speed?: Speed;
  readonly apiKey?: string;
  /** Of the S3 emulator; one named `crossbatch` if left out. */
  readonly buckets?: readonly string[];
  /** Where the addresses are told; standard output if left out. */
  readonly print?: (line: string) => void;
}

export interface Emulators extends AsyncDisposable {
  readonly byProvider: ReadonlyMap<string, Emulator>;
  readonly close: () => Promise<void>;
}

type StartOptions = EmulateOptions & { readonly apiKey: string };

interface Starter {
  readonly start: (options: StartOptions) => Promise<Emulator>;
  /** Who may come in. */
  readonly account: (options: StartOptions) => string;
}

const withKey = ({ apiKey }: StartOptions) => `API key ${apiKey}`;

const STARTERS: Readonly<Record<string, Starter>> = {
  openai: { start: (options) => startOpenAIEmulator(withOneKey(options)), account: withKey },
  anthropic: { start: (options) => startAnthropicEmulator(withOneKey(options)), account: withKey },
  gemini: { start: (options) => startGeminiEmulator(withOneKey(options)), account: withKey },
  s3: {
    start: (options) => startS3Emulator({ ...addressOf(options), buckets: bucketsOf(options) }),
    account: (options) => `any credentials  buckets ${bucketsOf(options).join(", ")}`,
  },
};

function bucketsOf({ buckets = ["crossbatch"] }: EmulateOptions): readonly string[] {
  return buckets;
}

function addressOf({ port, host }: EmulateOptions) {
  return { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) };
}

function withOneKey({ speed, apiKey, ...options }: StartOptions) {
  return {
    apiKeys: [apiKey],
    ...addressOf(options),
    ...(speed === undefined ? {} : { speed }),
  };
}

/** Starts emulated providers in this process and tells how to reach them. */
export async function emulate(options: EmulateOptions = {}): Promise<Emulators> {
  const print = options.print ?? ((line: string) => console.log(line));
  const apiKey = options.apiKey ?? DEFAULT_API_KEY;
  const names = options.providers ?? Object.keys(STARTERS);
  const starters = names.map((name) => [name, starterOf(name)] as const);
  const started = new Map<string, Emulator>();
  const close = async () => {
    for (const emulator of started.values()) await emulator.close();
  };
  try {
    for (const [index, [name, starter]] of starters.entries()) {
      const port = options.port === undefined ? {} : { port: options.port + index };
      const own = { ...options, ...port, apiKey };
      const emulator = await starter.start(own);
      started.set(name, emulator);
      const { url, controlUrl } = emulator;
      print(`${name}  base URL ${url}  ${starter.account(own)}  control ${controlUrl}`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byProvider: started, close, [Symbol.asyncDispose]: close };
}

function starterOf(name: string): Starter {
  const starter = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined;
  if (starter === undefined) {
    const known = Object.keys(STARTERS).join(", ");
    throw new Error(`There is no emulator for '${name}'; there are emulators for: ${known}.`);
  }
  return starter;
}
