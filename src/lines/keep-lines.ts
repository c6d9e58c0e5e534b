import { LineSplitter } from "../lib/line-splitter.ts";

const NEWLINE = 0x0a;

/** The lines of some rows. A blank one stands for each of the others, so that numbers of lines stay. */
export async function* keepLines(
  chunks: AsyncIterable<Uint8Array>,
  keep: (row: number) => boolean,
  maxLineBytes: number,
): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let row = -1;
  let written = 0;
  const splitter = new LineSplitter((line, { number }) => {
    row += 1;
    if (!keep(row)) return;
    kept.push(Buffer.alloc(number - written - 1, NEWLINE), Buffer.from(line), LINE_FEED);
    written = number;
  }, maxLineBytes);
  for await (const chunk of chunks) {
    splitter.push(chunk);
    if (kept.length === 0) continue;
    yield Buffer.concat(kept);
    kept = [];
  }
  splitter.end();
  if (kept.length > 0) yield Buffer.concat(kept);
}

const LINE_FEED = Buffer.from([NEWLINE]);
