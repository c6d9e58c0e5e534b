import { startAnthropicEmulator } from "../emulators/anthropic/server.ts";
import type { Emulator } from "../emulators/control.ts";
import { startGeminiEmulator } from "../emulators/gemini/server.ts";
import { DEFAULT_API_KEY } from "../emulators/openai/api-keys.ts";
import { startOpenAIEmulator } from "../emulators/openai/server.ts";
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
  /** Where the addresses are told; standard output if left out. */
  readonly print?: (line: string) => void;
}

export interface Emulators extends AsyncDisposable {
  readonly byProvider: ReadonlyMap<string, Emulator>;
  readonly close: () => Promise<void>;
}

type Start = (options: EmulateOptions & { readonly apiKey: string }) => Promise<Emulator>;

const STARTERS: Readonly<Record<string, Start>> = {
  openai: (options) => startOpenAIEmulator(withOneKey(options)),
  anthropic: (options) => startAnthropicEmulator(withOneKey(options)),
  gemini: (options) => startGeminiEmulator(withOneKey(options)),
};

function withOneKey({ port, host, speed, apiKey }: Parameters<Start>[0]) {
  return {
    apiKeys: [apiKey],
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
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
    for (const [index, [name, start]] of starters.entries()) {
      const port = options.port === undefined ? {} : { port: options.port + index };
      const emulator = await start({ ...options, ...port, apiKey });
      started.set(name, emulator);
      print(`${name}  base URL ${emulator.url}  API key ${apiKey}  control ${emulator.controlUrl}`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byProvider: started, close, [Symbol.asyncDispose]: close };
}

function starterOf(name: string): Start {
  const start = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined;
  if (start === undefined) {
    const known = Object.keys(STARTERS).join(", ");
    throw new Error(`There is no emulator for '${name}'; there are emulators for: ${known}.`);
  }
  return start;
}
