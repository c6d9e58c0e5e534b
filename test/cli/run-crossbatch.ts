import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createTestLog } from "../support/test-log.ts";

const entry = fileURLToPath(new URL("../../bin/crossbatch.js", import.meta.url));

export interface Run {
  readonly child: ChildProcess;
  /** All that it wrote so far. */
  readonly output: () => string;
  readonly errors: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

export interface RunOptions {
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
}

/** The program as a user starts it, with nothing of our own environment but the path. */
export function runCrossbatch({ words = [], environment = {}, directory, node }: RunOptions): Run {
  const child = spawn(node ?? process.execPath, [entry, ...words], {
    cwd: directory,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  const errors: string[] = [];
  const log = createTestLog();
  child.stdout.on("data", (chunk: Buffer) => {
    output.push(chunk.toString());
    log.write(chunk.toString());
  });
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  return {
    child,
    output: () => output.join(""),
    errors: () => errors.join(""),
    ended: once(child, "close").then(() => child.exitCode ?? child.signalCode),
  };
}

/** Where the gateway listens, once it says so. */
export function addressOf(run: Run): Promise<string> {
  return written(run, /listening at (http:\/\/[\w.:[\]]+)/);
}

/** What the pattern's group matches, once the program has written it. */
export async function written(run: Run, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(run.output())?.[1];
    if (found !== undefined) return found;
    const state = await Promise.race([run.ended, once(run.child.stdout ?? run.child, "data")]);
    if (!Array.isArray(state)) throw new Error(`ended with ${state}: ${run.errors()}`);
  }
}
