import type { IncomingMessage, ServerResponse } from "node:http";

export interface ExchangeLimits {
  /** How long a client may send nothing, or take nothing, while we wait for it. */
  readonly stallSeconds: number;
  /** How long a client may go on sending after it got its answer. */
  readonly drainSeconds: number;
}

/** The requests that are being served. */
export interface Exchanges {
  add(request: IncomingMessage, response: ServerResponse): void;
  stop(): void;
}

/** Closes the connections of clients that stand still: Node's own timeouts are for headers and whole requests only. */
export function watchExchanges(limits: ExchangeLimits, now: () => number): Exchanges {
  const exchanges = new Set<Exchange>();
  const timer = setInterval(
    () => {
      for (const exchange of exchanges) {
        const state = exchange.check(now());
        if (state === "stalled") exchange.close();
        if (state !== "moving") exchanges.delete(exchange);
      }
    },
    Math.min(1000, limits.stallSeconds * 250),
  );
  timer.unref();
  return {
    add: (request, response) =>
      void exchanges.add(createExchange({ request, response, limits, startedAt: now() })),
    stop: () => clearInterval(timer),
  };
}

interface Exchange {
  check(at: number): "moving" | "over" | "stalled";
  close(): void;
}

interface ExchangeParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly limits: ExchangeLimits;
  readonly startedAt: number;
}

function createExchange({ request, response, limits, startedAt }: ExchangeParts): Exchange {
  const { socket } = request;
  let movedBytes = -1;
  let movedAt = startedAt;
  let answeredAt: number | null = null;
  return {
    check(at) {
      if (socket.destroyed) return "over";
      if (response.writableFinished) {
        if (request.complete) return "over";
        answeredAt ??= at;
        return at - answeredAt > limits.drainSeconds * 1000 ? "stalled" : "moving";
      }
      const bytes = socket.bytesRead + socket.bytesWritten;
      const waitsForClient =
        !request.complete || response.writableLength > 0 || socket.writableLength > 0;
      if (bytes !== movedBytes || !waitsForClient) {
        movedBytes = bytes;
        movedAt = at;
      }
      return at - movedAt > limits.stallSeconds * 1000 ? "stalled" : "moving";
    },
    close: () => socket.destroy(),
  };
}
