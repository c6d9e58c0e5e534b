import { Command } from "commander";
import { checkConfig } from "./config-check.ts";
import { documentConfiguration } from "../config/document.ts";
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
  const config = program.command("config").description("Looks at the configuration.");
  config
    .command("check")
    .description("Says what is wrong with environment and crossbatch.yaml, or what they come to.")
    .action(() => checkConfig(source));
  config
    .command("document")
    .description("Prints docs/configuration.md.")
    .action(() => void process.stdout.write(documentConfiguration()));
  await program.parseAsync([node, script, ...(words.length === 0 ? ["serve"] : words)]);
}
