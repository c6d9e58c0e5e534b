import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { request } from "undici";
import { expect, test } from "vitest";
import { sendCommand } from "../../src/emulators/control-routes.ts";
import { createControl } from "../../src/emulators/control.ts";
import type { Fault } from "../../src/emulators/faults.ts";

const BROKEN = /terminated|aborted|ECONNRESET|other side closed/;

async function startEcho() {
  let performed = 0;
  let clockChanges = 0;
  const centre = createControl({
    now: () => 1_000,
    renderError: (status) => ({
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ error: `worded ${status}` }),
    }),
    clockChanged: () => {
      clockChanges += 1;
    },
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    performed += 1;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ echo: body }));
  };
  const server = createServer(
    centre.listener((request, response) => {
      void answer(request, response);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    controlUrl: `http://127.0.0.1:${port}/_control`,
    control: centre.control,
    performed: () => performed,
    clockChanges: () => clockChanges,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function post(url: string, body = '{"a":1}') {
  const response = await request(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", authorization: "Bearer sk-secret-7890" },
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: await response.body.text(),
  };
}

test("a status fault answers in the API's own words and doesn't perform the call", async () => {
  await using echo = await startEcho();
  echo.control.inject({ kind: "status", status: 429, retryAfterSeconds: 2 });
  const refused = await post(`${echo.url}/a`);
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toBe("2");
  expect(refused.body).toBe('{"error":"worded 429"}');
  expect(echo.performed()).toBe(0);
  expect((await post(`${echo.url}/a`)).status).toBe(200);
});

test.each<[Fault, number]>([
  [{ kind: "reset" }, 0],
  [{ kind: "reset", afterBytes: 3 }, 0],
  [{ kind: "lostReply" }, 1],
  [{ kind: "cutOff" }, 1],
  [{ kind: "cutOff", afterBytes: 0 }, 1],
])("%o breaks the call, which was performed %i times", async (fault, performed) => {
  await using echo = await startEcho();
  echo.control.inject(fault);
  await expect(post(`${echo.url}/a`)).rejects.toThrow(BROKEN);
  expect(echo.performed()).toBe(performed);
  expect(echo.control.journal()[0]?.fault).toBe(fault.kind);
});

test("a malformed reply says 200 and is not JSON, though the call was performed", async () => {
  await using echo = await startEcho();
  echo.control.inject({ kind: "malformed" });
  const reply = await post(`${echo.url}/a`);
  expect(reply.status).toBe(200);
  expect(() => JSON.parse(reply.body)).toThrow(SyntaxError);
  expect(echo.performed()).toBe(1);
});

test("a fault waits for its method and path, lets calls through first, and hits as often as asked", async () => {
  await using echo = await startEcho();
  echo.control.inject({
    kind: "status",
    status: 500,
    method: "post",
    path: "^/b",
    times: 2,
    skip: 1,
  });
  const statuses: number[] = [];
  for (const path of ["/a", "/b", "/b/c", "/b?x=1", "/b"]) {
    statuses.push((await post(echo.url + path)).status);
  }
  expect(statuses).toEqual([200, 200, 500, 500, 200]);
});

test("an outage destroys every connection until it ends, but not the control's own", async () => {
  await using echo = await startEcho();
  await sendCommand(echo.controlUrl, "outageFor", 60_000);
  await expect(post(`${echo.url}/a`)).rejects.toThrow(BROKEN);
  await sendCommand(echo.controlUrl, "endOutage");
  expect((await post(`${echo.url}/a`)).status).toBe(200);
  expect(echo.control.journal().map((entry) => entry.fault)).toEqual(["outage", null]);
});

test("the journal tells what came, and of credentials only a digest and four characters", async () => {
  await using echo = await startEcho();
  await post(`${echo.url}/a?limit=2&key=AIzaSecret`, '{"a":1}');
  const [entry] = echo.control.journal();
  expect(entry).toMatchObject({
    number: 1,
    time: 1_000,
    method: "POST",
    path: "/a",
    query: "limit=2&key=…",
    bytes: 7,
    body: '{"a":1}',
    status: 200,
    fault: null,
  });
  expect(entry?.headers["authorization"]).toMatch(/^sha256:[0-9a-f]{12}…7890$/);
  echo.control.clearJournal();
  expect(echo.control.journal()).toEqual([]);
});

test("the body of a large call is counted and not kept", async () => {
  await using echo = await startEcho();
  await post(`${echo.url}/a`, JSON.stringify("x".repeat(70_000)));
  expect(echo.control.journal()[0]).toMatchObject({ bytes: 70_002, body: null });
});

test("the clock can be set, moved on and read over HTTP", async () => {
  await using echo = await startEcho();
  expect(await sendCommand(echo.controlUrl, "now")).toBe(1_000);
  await sendCommand(echo.controlUrl, "setClock", 50_000);
  await sendCommand(echo.controlUrl, "advanceClock", 5);
  expect(echo.control.now()).toBe(50_005);
  expect(echo.clockChanges()).toBe(2);
});

test.each([
  ["explode", [], "no command 'explode'; there are"],
  ["inject", [{ kind: "status", status: 200 }], "expected number to be >=400"],
  ["setClock", [], "setClock"],
])("the command %s with %j is refused with a reason", async (name, input, reason) => {
  await using echo = await startEcho();
  await expect(sendCommand(echo.controlUrl, name, ...input)).rejects.toThrow(reason);
});
