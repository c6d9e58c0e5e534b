import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A provider with one ended batch, whose results come when the test says so. */
export interface LineHost extends AsyncDisposable {
  readonly url: string;
  /** Once its results were asked for. */
  readonly asked: Promise<ServerResponse>;
  /** Once whoever asked for them was gone before their end. */
  readonly abandoned: Promise<void>;
}

/** Answers those paths with JSON, and `results` with what the test writes. */
export async function startLineHost(
  answers: Readonly<Record<string, object>>,
  results: string,
): Promise<LineHost> {
  const asked = Promise.withResolvers<ServerResponse>();
  const abandoned = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    if (pathname === results) {
      response.once("close", () => {
        if (!response.writableFinished) abandoned.resolve();
      });
      response.writeHead(200, { "content-type": "application/jsonl" });
      asked.resolve(response);
      return;
    }
    const answer = answers[pathname];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { error: { message: `no ${pathname}` } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: asked.promise,
    abandoned: abandoned.promise,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
