import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { startServer } from "./start-server.ts";

/** A route that answers when it is told to. */
function createGate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const routes = (app: FastifyInstance): void => {
    app.get("/slow", async () => {
      enter();
      await opened;
      return { done: true };
    });
    app.get("/fast", async () => ({}));
  };
  return { routes, open, entered };
}

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly body: string;
}

async function get(url: string, agent: Agent): Promise<Answer> {
  const call = request(url, { agent }).end();
  const [answer] = await once(call, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  return { status: answer.statusCode, connection: answer.headers.connection, body };
}

test("what is in flight is finished, on connections that then close", async () => {
  const gate = createGate();
  const server = await startServer({ routes: gate.routes });
  const agent = new Agent({ keepAlive: true });
  await get(`${server.url}/loud/fast`, agent);
  const slow = get(`${server.url}/loud/slow`, agent);
  await gate.entered;
  const closed = server.close(20_000);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  gate.open();
  expect(await slow).toMatchObject({ status: 200, body: '{"done":true}' });
  await closed;
  agent.destroy();
});

test("a request that comes on an open connection while it closes is told to come again", async () => {
  const gate = createGate();
  const server = await startServer({ routes: gate.routes });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write("GET /loud/slow HTTP/1.1\r\nhost: x\r\n\r\n");
  await gate.entered;
  const closed = server.close(20_000);
  socket.write("GET /loud/fast HTTP/1.1\r\nhost: x\r\n\r\n");
  await new Promise((resolve) => {
    setTimeout(resolve, 200);
  });
  gate.open();
  await once(socket, "close");
  await closed;
  const text = Buffer.concat(chunks).toString();
  expect(text).toContain('{"done":true}');
  expect(text).toContain("HTTP/1.1 503");
  expect(text).toContain('"code":"shutting_down"');
});

test("what isn't finished when the grace is over is cut off", async () => {
  const gate = createGate();
  const server = await startServer({ routes: gate.routes });
  const slow = fetch(`${server.url}/loud/slow`).then(
    () => "answered",
    () => "cut off",
  );
  await gate.entered;
  await server.close(100);
  expect(await slow).toBe("cut off");
  gate.open();
});
