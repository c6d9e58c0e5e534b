import { startAnthropicEmulator } from "../emulators/anthropic/server.ts";
import { DEFAULT_ROLE, startBedrockEmulator } from "../emulators/bedrock/server.ts";
import type { Emulator } from "../emulators/control.ts";
import { startGeminiEmulator } from "../emulators/gemini/server.ts";
import { DEFAULT_API_KEY } from "../emulators/openai/api-keys.ts";
import { startOpenAIEmulator } from "../emulators/openai/server.ts";
import type { S3Control } from "../emulators/s3/control.ts";
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

interface StartOptions extends EmulateOptions {
  readonly apiKey: string;
  /** What was started before it. */
  readonly beside: Beside;
}

interface Beside {
  s3: Emulator<S3Control> | null;
}

interface Starter {
  readonly start: (options: StartOptions) => Promise<Emulator>;
  /** What must have been started before it. */
  readonly needs?: string;
  /** Who may come in. */
  readonly account: (options: StartOptions) => string;
}

const withKey = ({ apiKey }: StartOptions) => `API key ${apiKey}`;

const STARTERS: Readonly<Record<string, Starter>> = {
  openai: { start: (options) => startOpenAIEmulator(withOneKey(options)), account: withKey },
  anthropic: { start: (options) => startAnthropicEmulator(withOneKey(options)), account: withKey },
  gemini: { start: (options) => startGeminiEmulator(withOneKey(options)), account: withKey },
  s3: {
    start: startS3,
    account: (options) => `any credentials  buckets ${bucketsOf(options).join(", ")}`,
  },
  bedrock: {
    start: startBedrock,
    needs: "s3",
    account: () => `any credentials  role ${DEFAULT_ROLE}`,
  },
};

async function startS3(options: StartOptions): Promise<Emulator> {
  const s3 = await startS3Emulator({ ...addressOf(options), buckets: bucketsOf(options) });
  options.beside.s3 = s3;
  return s3;
}

async function startBedrock(options: StartOptions): Promise<Emulator> {
  const { speed, beside } = options;
  if (beside.s3 === null) throw new Error("The Bedrock emulator needs the one of S3 beside it.");
  return startBedrockEmulator({
    s3: beside.s3,
    ...addressOf(options),
    ...(speed === undefined ? {} : { speed }),
  });
}

function bucketsOf({ buckets = ["crossbatch"] }: EmulateOptions): readonly string[] {
  return buckets;
}

function addressOf({ port, host }: EmulateOptions) {
  return { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) };
}

function withOneKey(options: StartOptions) {
  const { speed, apiKey } = options;
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
  const names = withNeeds(options.providers ?? Object.keys(STARTERS));
  const starters = names.map((name) => [name, starterOf(name)] as const);
  const beside: Beside = { s3: null };
  const started = new Map<string, Emulator>();
  const close = async () => {
    // What needs another goes before it.
    for (const emulator of [...started.values()].toReversed()) await emulator.close();
  };
  try {
    for (const [index, [name, starter]] of starters.entries()) {
      const port = options.port === undefined ? {} : { port: options.port + index };
      const own = { ...options, ...port, apiKey, beside };
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

/** Each name once, after what it needs. */
function withNeeds(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => [starterOf(name).needs ?? name, name]))];
}

function starterOf(name: string): Starter {
  const starter = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined;
  if (starter === undefined) {
    const known = Object.keys(STARTERS).join(", ");
    throw new Error(`There is no emulator for '${name}'; there are emulators for: ${known}.`);
  }
  return starter;
}
