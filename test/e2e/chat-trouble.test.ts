import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { refusalOf } from "../support/refusal.ts";
import { CLIENT_KEY, UNKNOWN_KEY } from "../support/secrets.ts";
import { MODELS, PROVIDERS, type ProviderName, startWorld, type World } from "../support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterEach(() => {
  for (const { control } of Object.values(world.emulators)) {
    control.clearFaults();
    control.clearJournal();
  }
});

afterAll(() => world.close());

const ASKED = [{ role: "user" as const, content: "How are you?" }];

/** Both dialects' ways of asking for the same. */
const DIALECTS = {
  openai: {
    path: "/openai/v1/chat/completions",
    body: (provider: ProviderName) => ({
      model: MODELS[provider],
      max_completion_tokens: 200,
      messages: ASKED,
      provider,
    }),
    ask: async (provider: ProviderName) =>
      world.openai().chat.completions.create(DIALECTS.openai.body(provider)),
    stream: (provider: ProviderName, signal?: AbortSignal) =>
      world
        .openai()
        .chat.completions.create(
          { ...DIALECTS.openai.body(provider), stream: true },
          { signal: signal ?? null },
        ),
  },
  anthropic: {
    path: "/anthropic/v1/messages",
    body: (provider: ProviderName) => ({
      model: MODELS[provider],
      max_tokens: 200,
      messages: ASKED,
      provider,
    }),
    ask: async (provider: ProviderName) =>
      world.anthropic().messages.create(DIALECTS.anthropic.body(provider)),
    stream: (provider: ProviderName, signal?: AbortSignal) =>
      world
        .anthropic()
        .messages.create(
          { ...DIALECTS.anthropic.body(provider), stream: true },
          { signal: signal ?? null },
        ),
  },
} as const;

const PAIRS = (["openai", "anthropic"] as const).flatMap((dialect) =>
  PROVIDERS.map((provider) => ({ dialect, provider })),
);

/** Of a model, as each provider writes it. */
const CALLS = "chat/completions|/messages|[gG]enerateContent|/invoke|/converse";

const MESSAGE = { message: expect.any(String) as string };
/** What the SDKs hold of an error's body. */
const SHAPES = {
  openai: expect.objectContaining(MESSAGE) as object,
  anthropic: expect.objectContaining({
    type: "error",
    error: expect.objectContaining(MESSAGE) as object,
  }) as object,
};
const ANY_HEADERS: unknown = expect.anything();
const WITH_WAIT: unknown = expect.toSatisfy(
  (headers: unknown) => headers instanceof Headers && headers.get("retry-after") === "7",
);

describe.each(PAIRS)("$dialect's SDK on $provider", ({ dialect, provider }) => {
  const { ask, stream } = DIALECTS[dialect];

  test.each([
    { given: 429, status: 429 },
    { given: 404, status: 404 },
    { given: 500, status: 500 },
  ])("gets a $status in its own shape where the provider answers so", async ({ given, status }) => {
    const { control } = world.emulators[provider];
    control.inject({
      kind: "status",
      path: CALLS,
      status: given,
      ...(given === 429 ? { retryAfterSeconds: 7 } : {}),
    });
    await expect(ask(provider)).rejects.toMatchObject({
      status,
      error: SHAPES[dialect],
      headers: given === 429 ? WITH_WAIT : ANY_HEADERS,
    });
  });

  test("hears that a stream was cut off, and takes it for no end", async () => {
    world.emulators[provider].control.inject({ kind: "cutOff", path: CALLS, afterBytes: 900 });
    const seen: unknown[] = [];
    await expect(async () => {
      for await (const event of await stream(provider)) seen.push(event);
    }).rejects.toThrow(/broke|error|terminated/i);
    expect(seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(seen.at(-1))).not.toMatch(/message_stop|"finish_reason":"stop"/);
  });

  test("leaves, and the call at the provider is given up", async () => {
    const { control, url } = world.emulators[provider];
    control.inject({ kind: "slow", path: CALLS, milliseconds: 60_000 });
    const arrived = nextCall(new URL(url).port);
    const leaving = new AbortController();
    const asked = Promise.resolve(stream(provider, leaving.signal));
    const left = asked.then(
      () => null,
      (error: unknown) => error,
    );
    const response = await arrived;
    const closed = once(response, "close");
    leaving.abort();
    expect(String(await left)).toMatch(/abort/i);
    await closed;
    expect(response.writableFinished).toBe(false);
  });
});

/** The answer of the next call that reaches a server of this process. */
async function nextCall(port: string): Promise<ServerResponse> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const channel = "http.server.request.start";
  const listen = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (String(request.socket.localPort) !== port) return;
    unsubscribe(channel, listen);
    resolve(response);
  };
  subscribe(channel, listen);
  return promise;
}

describe.each(["openai", "anthropic"] as const)(
  "a key that is refused, in %s's dialect",
  (dialect) => {
    test("is told from one that isn't configured", async () => {
      await using keyless = await startWorld({ withKey: false });
      const ask = async (apiKey: string, provider: ProviderName) => {
        const { path, body } = DIALECTS[dialect];
        const response = await fetch(keyless.url + path, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            authorization: `Bearer ${apiKey}`,
          },
          body: JSON.stringify(body(provider)),
        });
        return { status: response.status, text: await response.text() };
      };
      for (const provider of ["openai", "anthropic", "gemini"] as const) {
        const refused = await ask(UNKNOWN_KEY, provider);
        expect(refused.status).toBe(401);
        expect(refused.text).toContain(`No key is configured for ${provider}`);
        expect(refused.text).not.toContain(UNKNOWN_KEY);
        expect((await ask(CLIENT_KEY, provider)).status).toBe(200);
      }
    });
  },
);

describe("what can't be said to the provider", () => {
  const SEEDED = { ...DIALECTS.openai.body("anthropic"), seed: 7 };

  test("is named in a header of the answer, whole or streamed", async () => {
    for (const stream of [false, true]) {
      const { response } = await world
        .openai()
        .chat.completions.create({ ...SEEDED, stream })
        .withResponse();
      expect(response.headers.get("x-crossbatch-warnings")).toBe("seed: the target can't say it");
      expect(response.headers.get("x-crossbatch-provider")).toBe("anthropic");
    }
  });

  test("is refused where the client is strict, before anything is sent", async () => {
    const strict = { headers: { "x-crossbatch-translation": "strict" } };
    const refused = await refusalOf(world.openai().chat.completions.create(SEEDED, strict));
    expect(refused).toMatchObject({ status: 400, param: "seed", type: "invalid_request_error" });
    // How an answer is streamed is nothing that another provider would have to be told.
    const streamed = { ...DIALECTS.openai.body("anthropic"), stream: true as const };
    const usage = { include_usage: true };
    const answer = await world
      .openai()
      .chat.completions.create({ ...streamed, stream_options: usage }, strict);
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
    expect(world.emulators.anthropic.control.journal()).toHaveLength(1);
  });

  test("is refused where it would change the meaning", async () => {
    const audio = {
      type: "input_audio" as const,
      input_audio: { data: "AAAA", format: "wav" as const },
    };
    const refused = await refusalOf(
      world.openai().chat.completions.create({
        ...DIALECTS.openai.body("anthropic"),
        messages: [{ role: "user", content: [audio] }],
      }),
    );
    expect(refused).toMatchObject({ status: 400, param: "messages[0].content[0]" });
    expect(world.emulators.anthropic.control.journal()).toEqual([]);
  });
});

test.each([
  { dialect: "openai", body: {}, says: /model/ },
  { dialect: "anthropic", body: { max_tokens: 1 }, says: /model: Field required/ },
  { dialect: "openai", body: { model: "m", stream: "yes" }, says: /stream/ },
  { dialect: "anthropic", body: { model: "m", provider: "nobody" }, says: /nobody/ },
  { dialect: "openai", body: [], says: /object/ },
] as const)("$dialect: $body is refused", async ({ dialect, body, says }) => {
  const response = await fetch(world.url + DIALECTS[dialect].path, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(says);
});
