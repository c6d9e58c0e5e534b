import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** The end of a server, which its clients should hardly notice. */
export interface Closing {
  /** Called for every request. True if it comes too late: while closing, behind another on its connection. */
  isTooLate(request: FastifyRequest, reply: FastifyReply): boolean;
  /** Takes no new connections, and returns when those that are open have ended, after the grace at the latest. */
  close(graceMilliseconds: number): Promise<void>;
}

/**
 * Closes so that clients lose a connection at most, which they try again elsewhere: answers say that their connection ends.
 * On one whose last answer was sent before, a request more is served, for its client couldn't know.
 */
export function watchClosing(app: FastifyInstance): Closing {
  const newest = new WeakMap<Socket, ServerResponse>();
  let hasBegun = false;

  app.addHook("onSend", async (request, reply, payload) => {
    // Requests that came behind this one on its connection want an answer too.
    const isLast = newest.get(request.raw.socket) === reply.raw;
    if (hasBegun && isLast) reply.header("connection", "close");
    return payload;
  });

  return {
    isTooLate(request, reply) {
      const { socket } = request.raw;
      const before = newest.get(socket);
      newest.set(socket, reply.raw);
      return hasBegun && before !== undefined && !before.writableEnded;
    },
    async close(graceMilliseconds) {
      hasBegun = true;
      // In the same tick, so that no connection comes in between; it ends idle ones too.
      const closed = new Promise<void>((resolve) => app.server.close(() => resolve()));
      // Node leaves a connection open that becomes idle while the server closes.
      const reaper = setInterval(() => app.server.closeIdleConnections(), 50);
      const force = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
      try {
        await closed;
        await app.close();
      } finally {
        clearInterval(reaper);
        clearTimeout(force);
      }
    },
  };
}
