import { Readable } from "node:stream";
import { GatewayError } from "../core/errors.ts";
import type { S3Errors } from "./calls.ts";

const BUFFERED_BYTES = 256 * 1024;

/**
 * The body of an answer, or an error if it ends early, or if nothing comes for too long while someone waits for it. A
 * reader that is slow itself is never timed out, as a time-out of the socket would do.
 */
export function wholeBody(
  source: Readable,
  expected: {
    readonly bytes: number;
    readonly idleMilliseconds: number;
    readonly errors: S3Errors;
  },
): Readable {
  let received = 0;
  let timer: NodeJS.Timeout | undefined;
  const { errors } = expected;
  const fail = (message: string, cause?: unknown) => {
    body.destroy(new GatewayError(errors.broken, message, { cause }));
  };
  const tooShort = () => `${errors.object} ended after ${received} of ${expected.bytes} bytes.`;
  const body = new Readable({
    highWaterMark: BUFFERED_BYTES,
    read() {
      // It may have broken off before anyone listened.
      if (source.destroyed && !source.readableEnded) {
        fail(tooShort());
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(`${errors.bucket} stopped sending.`),
        expected.idleMilliseconds,
      );
      source.resume();
    },
    destroy(error, callback) {
      clearTimeout(timer);
      source.destroy();
      callback(error);
    },
  });
  source.pause();
  source.on("data", (chunk: Buffer) => {
    clearTimeout(timer);
    received += chunk.length;
    // `read` is called again once the buffer has room.
    if (!body.push(chunk)) source.pause();
  });
  source.on("end", () => {
    clearTimeout(timer);
    if (received === expected.bytes) body.push(null);
    else fail(tooShort());
  });
  source.on("error", (error) => fail(tooShort(), error));
  source.on("close", () => {
    if (!source.readableEnded && !body.destroyed) fail(tooShort());
  });
  return body;
}
