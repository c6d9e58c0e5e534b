import type { Command } from "commander";
import type { ConfigSource } from "../config/load.ts";

/** `crossbatch export` and `import`: a gateway's whole state, from one kind of storage to another. */
export function addMoveCommands(program: Command, source: ConfigSource): void {
  program
    .command("export <folder>")
    .description(
      "Writes all that a gateway keeps to an empty folder. The gateway must not run, and not be started again if the folder is imported elsewhere.",
    )
    .action(async (folder: string) => (await import("./move.ts")).runExport(source, folder));
  program
    .command("import <folder>")
    .description(
      "Puts what was exported into the empty storage that is configured, embedded or not, under the same secret.",
    )
    .action(async (folder: string) => (await import("./move.ts")).runImport(source, folder));
}
