import { pipeline, type Readable, Transform } from "node:stream";

/**
 * The same stream, which fails unless it holds exactly `bytes` bytes: a client that was promised a length must not take less
 * for the whole, nor wait for ever for the rest. The last chunk is held back until it is known to be the last.
 */
export function exactLength(source: Readable, bytes: number): Readable {
  let seen = 0;
  let held: Uint8Array | null = null;
  const checked = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes) return done(wrongLength(seen, bytes));
      if (held !== null) this.push(held);
      held = chunk;
      done();
    },
    flush(done) {
      if (seen < bytes) return done(wrongLength(seen, bytes));
      if (held !== null) this.push(held);
      done();
    },
  });
  pipeline(source, checked, () => {});
  return checked;
}

function wrongLength(seen: number, bytes: number): Error {
  return new Error(`the stream holds ${seen} bytes so far, where ${bytes} were expected`);
}
