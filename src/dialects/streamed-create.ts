import type { FastifyRequest } from "fastify";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { Gateway, ReceivedContent } from "../core/gateway.ts";
import type { Log } from "../core/telemetry.ts";

/** Reads the body of a create while it arrives: its requests become lines, and its other fields are kept. */
export interface CreateIntake {
  /** The lines that the chunk holds, in the chunk's own memory; nothing once the body is known to be refused. */
  push(chunk: Buffer): Buffer;
  /** Throws what is wrong with the body. */
  end(): void;
}

export interface CreateReading {
  readonly gateway: Pick<Gateway, "receive">;
  readonly intake: CreateIntake;
  readonly maxBytes: number;
  /** In the dialect's words. */
  readonly tooLarge: (maxBytes: number) => GatewayError;
  readonly signal: AbortSignal;
}

/** The lines that came in a create, stored while they arrive and never held; null if it brings none. */
export async function receiveRequests(
  { raw, headers }: FastifyRequest,
  { gateway, intake, maxBytes, tooLarge, signal }: CreateReading,
): Promise<ReceivedContent | null> {
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  async function* lines(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    // Destroying the request would take the answer along.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      const cut = intake.push(chunk);
      if (cut.length > 0) yield cut;
    }
    intake.end();
  }
  try {
    const all = lines();
    const first = await all.next();
    return first.done === true
      ? null
      : await gateway.receive(startingWith(first.value, all), signal);
  } catch (error) {
    // A client that is still sending reads its answer only after that.
    raw.resume();
    throw isCutShort(error)
      ? new GatewayError("client_closed", "The request ended before its body did.", {
          cause: error,
        })
      : error;
  }
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

function isCutShort(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET";
}

/**
 * What a refused create had stored goes away. After any other failure the batch may be there and read these bytes; if it
 * isn't, a sweep finds that no row names them.
 */
export async function discardRefused(
  { gateway, log }: { readonly gateway: Pick<Gateway, "discard">; readonly log: Log },
  content: ReceivedContent | null,
  error: unknown,
): Promise<void> {
  const isRefusal = isGatewayError(error) && error.status < 500 && error.code !== "client_closed";
  if (content === null || !isRefusal) return;
  await gateway.discard(content).catch((failure: unknown) => {
    log.warn({ error: failure, blob: content.blob }, "a refused batch could not be removed");
  });
}
