import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface RoundRobin extends AsyncDisposable {
  readonly url: string;
}

/** Hands connections to ports in turn, past those that refuse; knows nothing of what is said on them. */
export async function startRoundRobin(ports: readonly number[]): Promise<RoundRobin> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.once("close", () => sockets.delete(client));
    // Whoever pipes sees the end; what broke is destroyed on both sides.
    client.on("error", () => {});
    void join(client);
  });

  async function join(client: Socket): Promise<void> {
    for (let tries = 0; tries < 2 * ports.length; tries += 1) {
      turn += 1;
      const replica = connect(ports[turn % ports.length] ?? 0, "127.0.0.1");
      try {
        await once(replica, "connect");
      } catch {
        continue;
      }
      replica.on("error", () => {});
      replica.once("close", () => client.destroy());
      client.once("close", () => replica.destroy());
      if (client.destroyed) replica.destroy();
      client.pipe(replica).pipe(client);
      return;
    }
    client.destroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
