const NEWLINE = 0x0a;

/** The bytes as they are, and a line feed at the end if there was none. */
export async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last = NEWLINE;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    last = chunk[chunk.length - 1] ?? NEWLINE;
    yield chunk;
  }
  if (last !== NEWLINE) yield Buffer.from([NEWLINE]);
}
