import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { clientSignal } from "../../src/lib/client-signal.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function serve(handler: Handler) {
  const server = createServer((request, response) => void handler(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a client that waits for its answer aborts nothing, also after its body was read", async () => {
  const seen: boolean[] = [];
  await using server = await serve(async (request, response) => {
    const signal = clientSignal(response);
    for await (const _ of request);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    seen.push(signal.aborted);
    response.end("done");
    await once(response, "close");
    seen.push(signal.aborted);
  });
  const answer = await fetch(server.url, { method: "POST", body: "a body" });
  expect(await answer.text()).toBe("done");
  await expect.poll(() => seen, { timeout: 20_000 }).toEqual([false, false]);
});

test("a client that leaves before its answer is complete aborts", async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<boolean>();
  await using server = await serve(async (_, response) => {
    const signal = clientSignal(response);
    signal.addEventListener("abort", () => resolve(clientSignal(response).aborted));
    response.write("half an");
  });
  const controller = new AbortController();
  const answer = await fetch(server.url, { signal: controller.signal });
  expect(answer.status).toBe(200);
  controller.abort();
  expect(await aborted).toBe(true);
});

test("a signal asked for after the client left is aborted at once", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  await using server = await serve(async (_, response) => {
    response.flushHeaders();
    await once(response, "close");
    resolve(clientSignal(response).aborted);
  });
  const controller = new AbortController();
  await fetch(server.url, { signal: controller.signal });
  controller.abort();
  expect(await promise).toBe(true);
});
