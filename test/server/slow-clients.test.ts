import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { startServer } from "./start-server.ts";

/** Sends the text and never more; resolves with what came back once the server has closed the connection. */
async function sendAndWait(url: string, text: string): Promise<string> {
  const socket = open(url);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  return socket;
}

test("headers that come too slowly are a 408, and the connection is closed", async () => {
  await using server = await startServer({ config: { limits: { headerSeconds: 0.3 } } });
  const answer = await sendAndWait(server.url, "GET /healthz HTTP/1.1\r\nhost: x\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain("The request did not arrive in time.");
});

test("a body that stands still loses its connection", async () => {
  await using server = await startServer({
    routes: (app) => {
      app.post("/echo", async () => ({}));
    },
    config: { limits: { stallSeconds: 0.3 } },
  });
  const head =
    "POST /loud/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
  expect(await sendAndWait(server.url, `${head}{"a":`)).not.toContain("200");
  await expect.poll(() => server.lines.at(-1), { timeout: 20_000 }).toContain('"status":499');
  expect(server.lines.join("")).not.toContain('"level":"error"');
});

test("a body that comes slowly but steadily is waited for", async () => {
  await using server = await startServer({
    routes: (app) => {
      app.post("/echo", ({ body }, reply) => reply.send({ body }));
    },
    config: { limits: { stallSeconds: 0.4 } },
  });
  const body = Readable.from(
    (async function* slowly() {
      for (const letter of '"abcdefgh"') {
        yield Buffer.from(letter);
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    })(),
  );
  const answer = await fetch(`${server.url}/loud/echo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Readable.toWeb(body),
    duplex: "half",
  });
  expect(await answer.json()).toEqual({ body: "abcdefgh" });
});

test("an answer that nobody takes is given up, and its source is closed", async () => {
  const source = new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });
  await using server = await startServer({
    routes: (app) => {
      app.get("/endless", async (_, reply) => reply.send(source));
    },
    config: { limits: { stallSeconds: 0.3 } },
  });
  const socket = open(server.url);
  socket.pause();
  socket.write("GET /loud/endless HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(source, "close");
  expect(source.destroyed).toBe(true);
  socket.destroy();
});

test("a route may think for longer than a client may stand still", async () => {
  await using server = await startServer({
    routes: (app: FastifyInstance) => {
      app.get("/thinking", async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, 1000);
        });
        return { thought: true };
      });
    },
    config: { limits: { stallSeconds: 0.2 } },
  });
  const answer = await fetch(`${server.url}/loud/thinking`);
  expect(await answer.json()).toEqual({ thought: true });
});

test.each([
  ["words", "hello there\r\n\r\n", 400],
  ["another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    400,
  ],
  [
    "a length and chunks",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["a header folded over lines", "GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n", 400],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
  ["too large headers", `GET / HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(70_000)}\r\n\r\n`, 431],
])("what is no request (%s) gets an answer and loses its connection", async (_, text, status) => {
  await using server = await startServer();
  const answer = await sendAndWait(server.url, text);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test("more headers than are taken are refused", async () => {
  await using server = await startServer({ config: { limits: { headerCount: 20 } } });
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "y"]));
  expect((await fetch(`${server.url}/healthz`, { headers: headers(5) })).status).toBe(200);
  // Newer versions of Node refuse them, before the route could.
  expect([400, 431]).toContain(
    (await fetch(`${server.url}/healthz`, { headers: headers(30) })).status,
  );
});

test("more connections than are taken are closed at once", async () => {
  await using server = await startServer({ config: { limits: { connections: 2 } } });
  const first = open(server.url);
  const second = open(server.url);
  await Promise.all([once(first, "connect"), once(second, "connect")]);
  const third = open(server.url);
  await once(third, "close");
  expect([first.destroyed, second.destroyed]).toEqual([false, false]);
  first.destroy();
  second.destroy();
});
