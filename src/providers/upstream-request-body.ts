import { Readable } from "node:stream";
import { GatewayError } from "../core/errors.ts";

export interface TrackedBody {
  readonly stream: Readable;
  /** Whether the provider may have the whole of it. */
  readonly isWhole: () => boolean;
  /** The error of the source, which isn't the provider's fault; null if it had none. */
  readonly failure: () => Error | null;
}

export interface BodyTracking {
  readonly bytes: number | null;
  readonly onChunk: () => void;
  readonly onEnd: () => void;
}

/** Knows how far a request body has got: a request that was never whole can't have been acted upon. */
export function trackBody(source: AsyncIterable<Uint8Array>, tracking: BodyTracking): TrackedBody {
  const { bytes } = tracking;
  let sent = 0;
  let isWhole = false;
  let failure: Error | null = null;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        sent += chunk.length;
        // Before it is handed over: it may arrive although nobody comes back for more.
        if (bytes !== null && sent >= bytes) isWhole = true;
        yield chunk;
        tracking.onChunk();
      }
      if (bytes !== null && sent !== bytes) {
        throw new GatewayError(
          "internal",
          `A request body of ${bytes} bytes turned out to have ${sent}.`,
        );
      }
    } catch (error) {
      failure =
        error instanceof Error ? error : new Error("the request body broke", { cause: error });
      throw error;
    }
    isWhole = true;
    tracking.onEnd();
  }

  return {
    stream: Readable.from(chunks(), { objectMode: false, highWaterMark: 64 * 1024 }),
    isWhole: () => isWhole,
    failure: () => failure,
  };
}
