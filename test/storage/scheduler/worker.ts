import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface JournalLine {
  readonly key: string;
  readonly pid: number;
}

/** What the handlers of several processes did, in the order they did it. */
export interface Journal extends AsyncDisposable {
  readonly path: string;
  /** Only those that say `what`. */
  lines(what: string): Promise<readonly JournalLine[]>;
}

export async function createJournal(): Promise<Journal> {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-journal-"));
  const path = join(folder, "journal.txt");
  return {
    path,
    async lines(what) {
      const text = await readFile(path, "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" "))
        .filter(([said]) => said === what)
        .map(([, key = "", pid = ""]) => ({ key, pid: Number(pid) }));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** As a power cut would: nothing is said to anyone. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface WorkerOptions {
  readonly address: string;
  readonly journal: Journal;
  /** How long its handler takes. */
  readonly holdMilliseconds: number;
}

/** Another process that handles wakes; it writes `start`, and `end` unless it is killed meanwhile. */
export function startWorker({ address, journal, holdMilliseconds }: WorkerOptions): Worker {
  const script = fileURLToPath(new URL("worker.process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, address, journal.path, String(holdMilliseconds)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  if (child.pid === undefined) throw new Error("the worker didn't start");
  return {
    pid: child.pid,
    kill,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    [Symbol.asyncDispose]: kill,
  };
}
