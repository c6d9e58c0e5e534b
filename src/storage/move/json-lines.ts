import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { GatewayError } from "../../core/errors.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";

/** Longer strings don't fit into Node. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;

interface Expected {
  readonly rows: number;
  readonly sha256: string;
}

/** Always as many but for the last group, so that a database sees one statement again and again. */
const GROUP = 200;

/**
 * The lines of a file, in groups. Throws `invalid_request` at its end if it isn't what was written, so nothing that is done
 * with its lines may count before.
 */
export async function* readLines(
  path: string,
  expected: Expected,
): AsyncGenerator<readonly string[]> {
  const hash = createHash("sha256");
  const lines: string[] = [];
  let rows = 0;
  const splitter = new LineSplitter((line) => lines.push(line.toString()), MAX_LINE_BYTES);
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) {
    hash.update(chunk);
    splitter.push(chunk);
    while (lines.length >= GROUP) {
      rows += GROUP;
      yield lines.splice(0, GROUP);
    }
  }
  rows += lines.length;
  if (lines.length > 0) yield lines;
  if (rows === expected.rows && hash.digest("hex") === expected.sha256) return;
  throw new GatewayError(
    "invalid_request",
    `${path} isn't as it was exported: it was changed or is damaged. Export again.`,
  );
}

/** Reads all of it; throws as `readLines` does. */
export async function checkLines(path: string, expected: Expected): Promise<void> {
  const groups = readLines(path, expected);
  while ((await groups.next()).done !== true);
}
