import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Answer, startHost } from "../providers/http-host.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";

/** Numbers and order that JSON printed anew would lose. */
const BODY =
  '{"model":"gpt-x", "seed":12345678901234567890, "temperature":1.0,\n "new_field":{"b":1,"a":[ ]},"messages":[]}';
const ANSWER = '{"id":"x","n":1.0,"big":12345678901234567890}';

const answers: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(ANSWER);
};

async function post(url: string, body: string, path = "/openai/v1/chat/completions") {
  return fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer any",
      "anthropic-version": "2023-06-01",
    },
    body,
  });
}

test.each([
  { name: "untouched", body: BODY, sent: BODY },
  {
    name: "but for the model's prefix",
    body: BODY.replace("gpt-x", "host/gpt-x"),
    sent: '{"model":"gpt-x","seed":12345678901234567890,"temperature":1.0,"new_field":{"b":1,"a":[ ]},"messages":[]}',
  },
  {
    name: "but for the provider",
    body: BODY.replace("{", '{"provider":"host",'),
    sent: '{"model":"gpt-x","seed":12345678901234567890,"temperature":1.0,"new_field":{"b":1,"a":[ ]},"messages":[]}',
  },
  {
    name: "with a field of that name that is the host's",
    body: BODY.replace("{", '{"provider":{"order":["a"]},'),
    sent: BODY.replace("{", '{"provider":{"order":["a"]},'),
  },
])("a body of the provider's own family goes there $name", async ({ body, sent }) => {
  await using host = await startHost(answers);
  const hosts = { host: { kind: "openai" as const, baseUrl: host.url, apiKey: "sk-host" } };
  await using gateway = await startGateway({ config: { providers: hosts } });
  const path = body.includes('"host') ? undefined : "/openai/v1/chat/completions?provider=host";
  const named = await post(gateway.url, body, path ?? "/openai/v1/chat/completions?provider=host");
  expect(await named.text()).toBe(ANSWER);
  expect(host.seen.map((seen) => seen.body)).toEqual([sent]);
});

const EVENTS = [
  'event: odd\ndata: {"n":1.0}\n\n',
  ": a comment\n\n",
  'data: {"choices":[{"index":0,"delta":{"new":12345678901234567890}}]}\n\n',
  "data: [DONE]\n\n",
];

test("events of the provider's own family come as they were sent", async () => {
  await using host = await startHost((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(EVENTS.join(""));
  });
  const hosts = { host: { kind: "openai" as const, baseUrl: host.url, apiKey: "sk-host" } };
  await using gateway = await startGateway({ config: { providers: hosts } });
  const body = '{"model":"host/m","stream":true,"messages":[]}';
  const response = await post(gateway.url, body);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toBe([EVENTS[0], EVENTS[2], EVENTS[3]].join(""));
});

test("an error of the provider's own family comes in its own words", async () => {
  const said = { error: { message: "No.", type: "odd_error", param: "x", code: "odd", more: 1 } };
  await using host = await startHost((response) => {
    response.writeHead(422, { "content-type": "application/json" });
    response.end(JSON.stringify(said));
  });
  const hosts = { host: { kind: "openai" as const, baseUrl: host.url, apiKey: "sk-host" } };
  await using gateway = await startGateway({ config: { providers: hosts } });
  const messages: [] = [];
  const refused = await refusalOf(
    gateway.openai().chat.completions.create({ model: "host/m", messages }),
  );
  expect(refused).toMatchObject({ status: 422, error: said.error });
});

const PIECE = JSON.stringify({
  choices: [{ index: 0, delta: { content: "words ".repeat(2_000) } }],
});

test.each([
  { name: "passed on", path: "/openai/v1/chat/completions" },
  { name: "translated", path: "/anthropic/v1/messages" },
])(
  "a stream that is $name waits for a client that doesn't read, and ends with it",
  async ({ path }) => {
    let sent = 0;
    let closed: Promise<unknown> = Promise.resolve();
    await using host = await startHost(async (response) => {
      closed = once(response, "close");
      response.writeHead(200, { "content-type": "text/event-stream" });
      while (!response.destroyed) {
        sent += PIECE.length;
        if (response.write(`data: ${PIECE}\n\n`)) continue;
        await Promise.race([once(response, "drain"), closed]);
      }
    });
    const hosts = { host: { kind: "openai" as const, baseUrl: host.url, apiKey: "sk-host" } };
    await using gateway = await startGateway({ config: { providers: hosts } });
    const asked = {
      model: "host/m",
      stream: true,
      max_tokens: 9,
      messages: [{ role: "user", content: "?" }],
    };
    const response = await post(gateway.url, JSON.stringify(asked), path);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    let before = -1;
    while (sent !== before) {
      before = sent;
      await pause(200);
    }
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    await reader?.cancel();
    await closed;
  },
);
