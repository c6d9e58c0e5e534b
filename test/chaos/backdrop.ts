import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { sendCommand } from "../../src/emulators/control-routes.ts";
import type { Fault } from "../../src/emulators/faults.ts";
import { between, pick, type Random } from "./random.ts";

export const NAMES = ["openai", "anthropic", "gemini", "bedrock", "s3"] as const;
type Name = (typeof NAMES)[number];

const placeSchema = z.object({ url: z.string(), controlUrl: z.string() });
const placesSchema = z.record(z.enum(NAMES), placeSchema);
const jobsSchema = z.array(z.looseObject({ id: z.string(), state: z.string(), lines: z.number() }));

/** The emulated providers, in their own process. */
export interface Backdrop {
  url(name: Name): string;
  tell(name: Name, command: string, ...input: readonly unknown[]): Promise<unknown>;
  jobs(name: Name): Promise<z.infer<typeof jobsSchema>>;
  close(): Promise<void>;
}

const entry = fileURLToPath(new URL("./emulators.process.ts", import.meta.url));

export async function startBackdrop(): Promise<Backdrop> {
  const child = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "inherit"] });
  const places = placesSchema.parse(JSON.parse(await firstLine(child)));
  const tell: Backdrop["tell"] = (name, command, ...input) =>
    sendCommand(places[name].controlUrl, command, ...input);
  return {
    url: (name) => places[name].url,
    tell,
    jobs: async (name) => jobsSchema.parse(await tell(name, "batches")),
    async close() {
      const ended = once(child, "close");
      child.stdin?.end();
      await ended;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the emulators write nowhere");
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error("the emulators ended before they said where they are");
}

/** Something goes wrong at a provider every so often, until the signal; returns how much, by kind. */
export async function troubleProviders(
  backdrop: Backdrop,
  random: Random,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const injected: Record<string, number> = {};
  while (!signal.aborted) {
    const fault = randomFault(random);
    const name = pick(random, NAMES);
    await backdrop.tell(name, "inject", fault);
    injected[fault.kind] = (injected[fault.kind] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, between(random, 20, 400)));
  }
  return injected;
}

function randomFault(random: Random): Fault {
  const where = { skip: between(random, 0, 3), times: between(random, 1, 2) };
  const creates = random() < 0.3 ? { method: "POST" } : {};
  const common = { ...where, ...creates };
  return pick<Fault>(random, [
    { kind: "lostReply", ...common },
    { kind: "lostReply", ...common },
    { kind: "status", status: pick(random, [500, 503, 429]), ...common },
    { kind: "reset", ...common },
    { kind: "slow", milliseconds: between(random, 50, 600), ...common },
    { kind: "cutOff", ...common },
    { kind: "malformed", ...common },
  ]);
}
