import { type ConfigSource, loadConfig } from "../config/load.ts";
import { secretsOf } from "../config/secrets.ts";
import { keepHeapSmall } from "../lib/buffer-pressure.ts";
import { reportCrash, reportFailure } from "./report-failure.ts";

/** Runs the gateway until a signal ends it: the first lets it finish, a second doesn't wait. */
export async function serve(source: ConfigSource): Promise<void> {
  let secrets: readonly string[] = [];
  const fail = (error: unknown): never => {
    reportFailure(error, secrets);
    process.exit(1);
  };
  try {
    const { config } = await loadConfig(source);
    secrets = secretsOf(config, source.environment);
    process.on("uncaughtException", (error) => {
      reportCrash(error, secrets);
      process.exit(1);
    });
    // Whoever reads our log may go away; that is no reason to end.
    process.stdout.on("error", () => {});
    const ended = firstSignal();
    const { createApp } = await import("../app.ts");
    const app = await createApp(config);
    keepHeapSmall();
    await app.start();
    await ended;
    await app.stop();
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

/** Resolves with the first of SIGINT and SIGTERM; a second one ends the process at once. */
async function firstSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    let signals = 0;
    const onSignal = (_signal: NodeJS.Signals, number: number): void => {
      signals += 1;
      // As a shell reports a process that a signal ended.
      if (signals > 1) process.exit(128 + number);
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
