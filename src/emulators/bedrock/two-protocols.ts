import type { RequestListener } from "node:http";
import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { Address } from "../listen.ts";

const HTTP2_PREFACE = "PRI";

/** AWS's JavaScript client of the runtime speaks HTTP/2 from its first byte, the other clients HTTP/1.1: here on one port. */
export async function listenToBoth(
  listener: RequestListener,
  place: { readonly port: number; readonly host: string },
): Promise<Address> {
  const http1 = createHttp1(listener);
  // A slow call is no attack here, and an idle connection must not be closed while a client picks it up again.
  http1.requestTimeout = 0;
  http1.keepAliveTimeout = 75_000;
  const http2 = createHttp2();
  http2.on("request", listener);
  http2.on("sessionError", () => undefined);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", (chunk) => {
      socket.pause();
      socket.unshift(chunk);
      const isHttp2 = chunk.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE;
      (isHttp2 ? http2 : http1).emit("connection", socket);
      if (!isHttp2) process.nextTick(() => socket.resume());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place.port, place.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : place.port;
  const host = place.host.includes(":") ? `[${place.host}]` : place.host;
  return {
    origin: `http://${host}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
