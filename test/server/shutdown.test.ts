import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
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

test("an answer that is given while it closes says that its connection ends", async () => {
  const gate = createGate();
  const server = await startServer({ routes: gate.routes });
  const agent = new Agent({ keepAlive: true });
  const before = await get(`${server.url}/loud/fast`, agent);
  const slow = get(`${server.url}/loud/slow`, agent);
  await gate.entered;
  const closed = server.close(20_000);
  gate.open();
  expect([before.connection, (await slow).connection]).toEqual(["keep-alive", "close"]);
  await closed;
  agent.destroy();
});

test("clients that call one after another while it closes lose a connection at most, and are never refused", async () => {
  const parts = async function* () {
    for (let part = 0; part < 20; part += 1) {
      yield "part";
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const server = await startServer({
    routes: (app) => {
      app.get("/fast", async () => ({}));
      // Its head may be sent before the closing begins, so that it can't say that the connection ends.
      app.get("/parts", (_request, reply) => reply.send(Readable.from(parts())));
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  let answers = 0;
  const callUntilGone = async (path: string): Promise<string> => {
    for (;;) {
      const answer = await get(`${server.url}/loud${path}`, agent).catch(String);
      if (typeof answer === "string") return answer;
      if (answer.status !== 200) return `${answer.status} ${answer.body}`;
      answers += 1;
    }
  };
  const clients = Array.from({ length: 40 }, (_, number) =>
    callUntilGone(number % 2 === 0 ? "/fast" : "/parts"),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.close(20_000);
  const ends = await Promise.all(clients);
  expect(answers).toBeGreaterThan(40);
  expect(ends.filter((end) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(end))).toEqual([]);
  agent.destroy();
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
