import { inspect } from "node:util";
import { ConfigError } from "../config/config-error.ts";
import { createRedactor } from "../server/redactor.ts";

/** Says on stderr why the program ends, without the secrets it was started with, and makes it exit with 1. */
export function reportFailure(error: unknown, secrets: readonly string[]): void {
  write(explainStart(error), secrets);
}

/** The same for what should never have happened: with all there is to find the reason. */
export function reportCrash(error: unknown, secrets: readonly string[]): void {
  write(`Crossbatch ends, for something went wrong that it can't mend: ${inspect(error)}`, secrets);
}

function write(text: string, secrets: readonly string[]): void {
  const redactor = createRedactor(secrets);
  process.stderr.write(`${redactor.redactText(text)}\n`);
  process.exitCode = 1;
}

function explainStart(error: unknown): string {
  if (error instanceof ConfigError) {
    const [first = "", ...others] = error.problems;
    if (others.length === 0) return `The configuration is wrong: ${first}`;
    return ["The configuration is wrong:", first, ...others].join("\n  ");
  }
  if (codeOf(error) === "EADDRINUSE") {
    return "Crossbatch can't start: another program listens on that address; CROSSBATCH_PORT (port) chooses another port.";
  }
  return `Crossbatch can't start: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  // A connection that was refused at several addresses has no message of its own.
  if (error.message === "" && error instanceof AggregateError) {
    return error.errors.map((part: unknown) => messageOf(part)).join("; ");
  }
  const cause = error.cause === undefined ? "" : messageOf(error.cause);
  return cause === "" || error.message.includes(cause)
    ? error.message
    : `${error.message} (${cause})`;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
