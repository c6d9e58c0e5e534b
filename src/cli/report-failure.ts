import { inspect } from "node:util";
import { ConfigError } from "../config/config-error.ts";
import { GatewayError } from "../core/errors.ts";
import { createRedactor } from "../server/redactor.ts";

/** Says on stderr why the program ends, without the secrets it was started with, and makes it exit with 1. */
export function reportFailure(error: unknown, secrets: readonly string[]): void {
  const redactor = createRedactor(secrets);
  process.stderr.write(`${redactor.redactText(explain(error))}\n`);
  process.exitCode = 1;
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    const [first = "", ...others] = error.problems;
    if (others.length === 0) return `The configuration is wrong: ${first}`;
    return ["The configuration is wrong:", first, ...others].join("\n  ");
  }
  if (error instanceof GatewayError) return `Crossbatch can't go on: ${error.message}`;
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") {
    return "Crossbatch can't start: another program listens on that address; CROSSBATCH_PORT (port) chooses another port.";
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `Crossbatch can't start: ${inspect(error).split("\n", 1)[0]}`;
  }
  return `Crossbatch can't go on: ${inspect(error)}`;
}
