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

/**
 * The lines of a file, in groups as they are read. Throws `invalid_request` at its end if it isn't what was written, so
 * nothing that is done with its lines may count before.
 */
export async function* readLines(
  path: string,
  expected: Expected,
): AsyncGenerator<readonly string[]> {
  const hash = createHash("sha256");
  let lines: string[] = [];
  let rows = 0;
  const splitter = new LineSplitter((line) => lines.push(line.toString()), MAX_LINE_BYTES);
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) {
    hash.update(chunk);
    splitter.push(chunk);
    if (lines.length === 0) continue;
    rows += lines.length;
    yield lines;
    lines = [];
  }
  if (rows === expected.rows && hash.digest("hex") === expected.sha256) return;
  throw new GatewayError(
    "invalid_request",
    `${path} isn't as it was exported: it was changed or is damaged. Export again.`,
  );
}

/** Throws as `readLines` does. */
export async function checkLines(path: string, expected: Expected): Promise<void> {
  let groups = 0;
  for await (const _ of readLines(path, expected)) groups += 1;
}
