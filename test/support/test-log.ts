import { appendFileSync } from "node:fs";
import type { LogDestination } from "../../src/server/log.ts";

export interface TestLog extends LogDestination {
  readonly text: () => string;
}

/**
 * Keeps what a gateway writes, and appends it to the file that the whole test run writes its logs to: at its end that file is
 * searched for the keys that were used.
 */
export function createTestLog(): TestLog {
  const lines: string[] = [];
  const file = process.env["CROSSBATCH_TEST_LOG_FILE"];
  return {
    write(line) {
      lines.push(line);
      if (file !== undefined) appendFileSync(file, line);
    },
    text: () => lines.join(""),
  };
}
