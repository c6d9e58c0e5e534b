import { createHash } from "node:crypto";
import { pipeline, type Readable, Transform } from "node:stream";

/**
 * The same stream, which fails in place of its last chunk unless its bytes have this hash (hex): a reader that acts on the end
 * never sees the end of something else.
 */
export function withSha256(source: Readable, sha256: string, toError: () => Error): Readable {
  const hash = createHash("sha256");
  let held: Uint8Array | null = null;
  const checked = new Transform({
    highWaterMark: 256 * 1024,
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      if (held !== null) this.push(held);
      held = chunk;
      done();
    },
    flush(done) {
      if (hash.digest("hex") !== sha256) return done(toError());
      if (held !== null) this.push(held);
      done();
    },
  });
  pipeline(source, checked, () => {});
  return checked;
}
