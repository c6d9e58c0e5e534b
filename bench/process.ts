import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A process of the bench: its address, and what it holds in memory. */
export interface BenchProcess {
  readonly url: string;
  readonly pid: number;
  /** From the start to the line that says that it listens. */
  readonly startMilliseconds: number;
  /** Resident now, in MiB. */
  residentMiB(): number;
  /** The most since `resetPeak`, in MiB. */
  peakMiB(): number;
  resetPeak(): void;
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

export interface Command {
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Finds the address in a line of output; null: not this line. */
  readonly address: (line: string) => string | null;
}

export async function start(command: Command): Promise<BenchProcess> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, command.arguments, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...command.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`can't start ${command.arguments.join(" ")}`);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = command.address(line);
      if (address !== null) resolve(address);
    });
    void exited.then(() =>
      reject(new Error(`${command.arguments.join(" ")} ended before it listened`)),
    );
  });
  return {
    url,
    pid,
    startMilliseconds: performance.now() - startedAt,
    residentMiB: () => statusMiB(pid, "VmRSS"),
    peakMiB: () => statusMiB(pid, "VmHWM"),
    // Linux: 5 resets the peak of the resident set.
    resetPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, "5"),
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function statusMiB(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** The JSON line that the bench's own servers print. */
export function readyLine(line: string): string | null {
  return line.startsWith('{"url":')
    ? String((JSON.parse(line) as { readonly url: unknown }).url)
    : null;
}
