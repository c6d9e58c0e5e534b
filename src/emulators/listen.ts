import type { Server } from "node:http";

export interface Address {
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
  /** Ends every connection too. */
  readonly close: () => Promise<void>;
}

export async function listen(
  server: Server,
  place: { readonly port: number; readonly host: string },
): Promise<Address> {
  // A slow upload is no attack here, and an idle connection must not be closed while a client picks it up again.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 75_000;
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
      server.closeAllConnections();
      await closed;
    },
  };
}
