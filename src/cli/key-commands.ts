import type { Command } from "commander";
import type { ConfigSource } from "../config/load.ts";
import type { KeyFlags } from "./manage-keys.ts";

/** `crossbatch keys …`: the keys that the gateway gives out itself. A running gateway follows within seconds. */
export function addKeyCommands(program: Command, source: ConfigSource): void {
  const manage = () => import("./manage-keys.ts");
  const keys = program.command("keys").description("Makes and ends keys of the gateway's own.");
  keys
    .command("create <name>")
    .description("Makes a key and shows it, once. From then on only such keys open the gateway.")
    .option("--owner <owner>", "whose files and batches its clients see; else the key's name")
    .option("--providers <names...>", "providers that it may use; else all")
    .option("--models <patterns...>", "models that it may use, such as gpt-5-mini*; else all")
    .option("--s3 <uris...>", "s3://bucket/prefix below which its clients may name locations")
    .option("--requests-per-minute <count>", "requests that each replica takes in a minute")
    .option("--lines-per-day <count>", "lines of batches on a day (UTC)")
    .option("--bytes-per-day <count>", "bytes of files and inline requests on a day (UTC)")
    .option("--concurrent-batches <count>", "batches that may be unfinished at one time")
    .option("--expires-at <time>", "when it ends, such as 2027-01-31T00:00:00Z; else never")
    .action(async (name: string, flags: KeyFlags) =>
      (await manage()).createKey(source, name, flags),
    );
  keys
    .command("list")
    .description("Shows all keys, never the keys themselves.")
    .option("--json", "one JSON object a line")
    .action(async ({ json = false }: { readonly json?: boolean }) =>
      (await manage()).listKeys(source, json),
    );
  keys
    .command("revoke <name>")
    .description("Ends a key within five seconds. What it made stays, and so does its name.")
    .action(async (name: string) => (await manage()).revokeKey(source, name));
  keys
    .command("rotate <name>")
    .description("Puts a new key in a key's place, and shows it, once. The old one ends.")
    .action(async (name: string) => (await manage()).rotateKey(source, name));
}
