import type { ServerResponse } from "node:http";

/**
 * Aborted once the client is gone before its answer was complete. (Fastify's own `request.signal` also aborts as soon as
 * a request's body was read.)
 */
export function clientSignal(response: ServerResponse): AbortSignal {
  const known = signals.get(response);
  if (known !== undefined) return known;
  const controller = new AbortController();
  signals.set(response, controller.signal);
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.closed) onClose();
  else response.once("close", onClose);
  return controller.signal;
}

const signals = new WeakMap<ServerResponse, AbortSignal>();
