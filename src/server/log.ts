import { pino, type Logger } from "pino";
import { z } from "zod";
import type { Config } from "../config/schema.ts";
import type { Redactor } from "./redactor.ts";
import { renderLogText } from "./log-text.ts";

/** Where lines go: `process.stdout` will do. */
export interface LogDestination {
  write(line: string): unknown;
  readonly isTTY?: boolean;
}

export interface LogOptions {
  readonly log: Config["log"];
  readonly redactor: Redactor;
  readonly destination: LogDestination;
  readonly now: () => number;
}

const lineSchema = z.record(z.string(), z.unknown());

/** One JSON object a line, or a text for people. Nothing is written that the redactor hasn't seen. */
export function createLog({ log, redactor, destination, now }: LogOptions): Logger {
  const asText = log.format === "text" || (log.format === "auto" && destination.isTTY === true);
  return pino(
    {
      level: log.level,
      base: null,
      messageKey: "message",
      errorKey: "error",
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.err },
    },
    {
      write(line: string) {
        if (!asText && redactor.isClean(line)) {
          destination.write(line);
          return;
        }
        const fields = lineSchema.parse(redactor.redact(JSON.parse(line)));
        destination.write(asText ? renderLogText(fields) : `${JSON.stringify(fields)}\n`);
      },
    },
  );
}
