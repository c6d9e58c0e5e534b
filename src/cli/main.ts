import { Command, InvalidArgumentError } from "commander";
import { addBatchCommands } from "./batch.ts";
import { checkConfig } from "./config-check.ts";
import { documentConfiguration } from "../config/document.ts";
import type { AuditFlags } from "./audit.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addMoveCommands } from "./move-commands.ts";
import { reportFailure } from "./report-failure.ts";
import { serve } from "./serve.ts";

/** The `crossbatch` program; without a command it serves. Each command loads what it needs and nothing else. */
export async function main([node = "", script = "", ...words]: readonly string[]): Promise<void> {
  const source = { environment: process.env, workingDirectory: process.cwd() };
  const program = new Command("crossbatch")
    .description("A gateway for LLM files and batch jobs.")
    .showHelpAfterError();
  program
    .command("serve")
    .description("Starts the gateway, as environment and crossbatch.yaml say; the default.")
    .action(() => serve(source));
  program
    .command("emulate [providers...]")
    .description("Starts emulated providers to try things on, and says how to reach them.")
    .option("--port <number>", "port of the first; the others follow", wholeNumber)
    .option("--host <address>", "address to listen on")
    .option("--speed <lines>", 'lines per second of a batch, or "instant"', speed)
    .option("--api-key <key>", "the key that they take")
    .option("--buckets <names...>", "buckets of the S3 emulator")
    .action((providers: string[], options: EmulateFlags) => startEmulators(providers, options));
  addKeyCommands(program, source);
  program
    .command("audit")
    .description(
      "Shows who did what to which file, batch, upload or key; nothing of what was in them.",
    )
    .option("--since <time>", "a time, or how long ago: 90m, 2h, 7d")
    .option("--owner <owner>", "only of this owner's objects")
    .option("--object <id>", "only of this object: any id of it, or the name of a key")
    .option("--json", "one JSON object a line")
    .action(async (flags: AuditFlags) => (await import("./audit.ts")).printAudit(source, flags));
  const config = program.command("config").description("Looks at the configuration.");
  config
    .command("check")
    .description("Says what is wrong with environment and crossbatch.yaml, or what they come to.")
    .action(() => checkConfig(source));
  config
    .command("document")
    .description("Prints docs/configuration.md.")
    .action(() => void process.stdout.write(documentConfiguration()));
  addBatchCommands(program, source);
  addMoveCommands(program, source);
  await program.parseAsync([node, script, ...(words.length === 0 ? ["serve"] : words)]);
}

interface EmulateFlags {
  readonly port?: number;
  readonly host?: string;
  readonly speed?: number | "instant";
  readonly apiKey?: string;
  readonly buckets?: readonly string[];
}

/** They run until the process is ended. */
async function startEmulators(providers: readonly string[], options: EmulateFlags): Promise<void> {
  const { emulate } = await import("./emulate.ts");
  try {
    await emulate({ ...options, ...(providers.length === 0 ? {} : { providers }) });
  } catch (error) {
    reportFailure(error, []);
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function speed(text: string): number | "instant" {
  return text === "instant" ? text : wholeNumber(text);
}
