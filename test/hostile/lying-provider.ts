import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Host extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly Seen[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A host that notes who comes, and answers as it is told. */
export async function startHost(
  answer: (seen: Seen, body: Buffer) => Promise<Reply> | Reply,
): Promise<Host> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = "", url = "", headers } = request;
      const one = { method, path: url, headers };
      seen.push(one);
      const reply = await answer(one, await buffer(request));
      response.writeHead(reply.status, reply.headers).end(reply.body);
    })().catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Whom nobody may come to. */
export function startStranger(): Promise<Host> {
  return startHost(() => ({ status: 200, headers: {}, body: "{}" }));
}

/** What stands between a provider and the gateway, and changes what the provider says. */
export function startLiar(target: () => string, lie: (reply: Reply, seen: Seen) => Reply) {
  return startHost(async (seen, body) => {
    const { host: _host, connection: _connection, ...headers } = seen.headers;
    const response = await fetch(target() + seen.path, {
      method: seen.method,
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        name === "content-length" || name === "transfer-encoding" || value === undefined
          ? []
          : [[name, String(value)]],
      ),
      redirect: "manual",
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const reply = {
      status: response.status,
      headers: Object.fromEntries([...response.headers].filter(([name]) => !HOP_BY_HOP.has(name))),
      body: Buffer.from(await response.arrayBuffer()),
    };
    return lie(reply, seen);
  });
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);
