import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What lies behind it, until the network to it is gone. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** `cut`: connections break, and new ones are refused. `silent`: they stand, and nothing passes any more. */
  lose(how: "cut" | "silent"): void;
  /** What was silent is broken off, as by a network whose state is gone. */
  mend(): void;
}

export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let lost: "cut" | "silent" | null = null;
  const breakAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const server = createServer((inward) => {
    inward.on("error", () => undefined);
    if (lost === "cut") {
      inward.resetAndDestroy();
      return;
    }
    const outward = connect(target.port, target.host);
    outward.on("error", () => undefined);
    const pair = [inward, outward] as const;
    pairs.add(pair);
    const over = () => {
      pairs.delete(pair);
      inward.destroy();
      outward.destroy();
    };
    inward.once("close", over);
    outward.once("close", over);
    for (const [from, to] of [pair, [outward, inward]] as const) {
      from.on("data", (chunk) => {
        // What was swallowed isn't sent later.
        if (lost !== null || to.destroyed) return;
        if (to.write(chunk)) return;
        from.pause();
        to.once("drain", () => from.resume());
      });
      from.once("end", () => to.end());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    lose(how) {
      lost = how;
      if (how === "cut") breakAll();
    },
    mend() {
      if (lost === "silent") breakAll();
      lost = null;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      breakAll();
    },
  };
}
