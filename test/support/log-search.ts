import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SECRETS } from "./secrets.ts";

/** Every gateway of a test run logs into one file too; at the end of the run no key that was used may stand in it. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "crossbatch-logs-"));
  const file = join(folder, "gateway.log");
  process.env["CROSSBATCH_TEST_LOG_FILE"] = file;
  return () => {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    rmSync(folder, { recursive: true, force: true });
    const found = SECRETS.filter((secret) => text.includes(secret));
    if (found.length > 0) {
      const lines = text
        .split("\n")
        .filter((line) => found.some((secret) => line.includes(secret)));
      throw new Error(
        `Keys stand in the logs of this run, ${lines.length} times. The first:\n${lines[0]}`,
      );
    }
  };
}
