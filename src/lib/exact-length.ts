import { pipeline, type Readable, Transform } from "node:stream";

/**
 * The same stream, which fails unless it holds exactly `bytes` bytes: a client that was promised a length must not take less
 * for the whole, nor wait for ever for the rest.
 */
export function exactLength(source: Readable, bytes: number): Readable {
  let seen = 0;
  const checked = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.length;
      done(seen > bytes ? wrongLength(seen, bytes) : null, chunk);
    },
    flush(done) {
      done(seen < bytes ? wrongLength(seen, bytes) : null);
    },
  });
  pipeline(source, checked, () => {});
  return checked;
}

function wrongLength(seen: number, bytes: number): Error {
  return new Error(`the stream holds ${seen} bytes so far, where ${bytes} were expected`);
}
