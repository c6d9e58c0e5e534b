import { describe, expect, test } from "vitest";
import { chatLine, chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { ANN_KEY, BEN_KEY, PROVIDER_KEY, UNKNOWN_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";
import { twoTenants } from "../support/tenants.ts";
import { startWorld } from "../support/world.ts";

const NO_KEYS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no key", {}],
  ["an unknown key", { authorization: `Bearer ${UNKNOWN_KEY}` }],
  ["a key of the provider", { authorization: `Bearer ${PROVIDER_KEY}` }],
  ["a virtual key without its end", { authorization: `Bearer ${ANN_KEY.slice(0, -1)}` }],
  ["a virtual key with more behind it", { authorization: `Bearer ${ANN_KEY}x` }],
  ["another scheme", { authorization: `Basic ${ANN_KEY}` }],
];

describe("a gateway with virtual keys", () => {
  test("takes one in each of the three headers, in both dialects, and shuts out everything else in the dialect's shape", async () => {
    await using gateway = await startGateway({ config: twoTenants() });
    const ask = async (path: string, headers: Readonly<Record<string, string>>) => {
      const response = await fetch(gateway.url + path, {
        headers: { "anthropic-version": "2023-06-01", ...headers },
      });
      return { status: response.status, body: await response.json() };
    };
    for (const path of ["/v1/files", "/anthropic/v1/files"]) {
      for (const headers of [
        { authorization: `Bearer ${ANN_KEY}` },
        { "x-api-key": ANN_KEY },
        { "x-goog-api-key": ANN_KEY },
      ]) {
        expect((await ask(path, headers)).status).toBe(200);
      }
    }
    for (const [what, headers] of NO_KEYS) {
      expect([what, await ask("/v1/files", headers)]).toEqual([
        what,
        {
          status: 401,
          body: {
            error: {
              message: expect.any(String),
              type: "invalid_request_error",
              param: null,
              code: "invalid_api_key",
            },
          },
        },
      ]);
      expect([what, await ask("/anthropic/v1/messages/batches", headers)]).toEqual([
        what,
        {
          status: 401,
          body: {
            type: "error",
            error: { type: "authentication_error", message: expect.any(String) },
            request_id: expect.any(String),
          },
        },
      ]);
    }
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  test("never sends a virtual key to a provider, nor asks its clients for a key where none is configured", async () => {
    await using gateway = await startGateway({ config: twoTenants(), withKey: false });
    const client = gateway.openai({ apiKey: ANN_KEY });
    const refusal = await refusalOf(uploadLines(client, chatLines(1)));
    expect(refusal).toMatchObject({ status: 403, code: "provider_not_configured" });
    expect(gateway.emulator.control.journal()).toEqual([]);
    await gateway.restart({ providers: { openai: { apiKey: PROVIDER_KEY } } });
    const configured = gateway.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(configured, chatLines(1));
    await waitForEnd(configured, (await createBatch(configured, file.id)).id);
    const digests = gateway.emulator.control
      .journal()
      .flatMap(({ headers }) => headers["authorization"] ?? []);
    expect(digests.length).toBeGreaterThan(2);
    expect(digests.filter((shown) => !shown.endsWith(PROVIDER_KEY.slice(-4)))).toEqual([]);
  });

  test("ends a key at its time", async () => {
    let now = Date.now();
    const expiresAt = new Date(now + 60_000).toISOString();
    await using gateway = await startGateway({
      config: twoTenants({ expiresAt }),
      now: () => now,
    });
    const client = gateway.openai({ apiKey: ANN_KEY });
    expect((await client.files.list()).data).toEqual([]);
    now += 60_000;
    expect((await refusalOf(client.files.list())).status).toBe(401);
    expect((await gateway.openai({ apiKey: BEN_KEY }).files.list()).data).toEqual([]);
  });

  test("says how long to wait to one that sends too many requests, and lets others go on", async () => {
    let now = Date.now();
    await using gateway = await startGateway({
      config: twoTenants({ requestsPerMinute: 3 }),
      now: () => now,
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    for (let sent = 0; sent < 3; sent += 1) await ann.files.list();
    const refusal = await refusalOf(ann.files.list());
    expect(refusal).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(refusal.headers?.get("retry-after")).toBe("20");
    await gateway.openai({ apiKey: BEN_KEY }).files.list();
    now += 20_000;
    await ann.files.list();
    expect((await refusalOf(ann.files.list())).status).toBe(429);
  });

  test("counts lines and bytes of a day, begins anew with the next, and gives nothing of a refused request away", async () => {
    let now = Date.UTC(2026, 10, 28, 12);
    const text = chatLines(3);
    await using gateway = await startGateway({
      config: twoTenants({ linesPerDay: 5, bytesPerDay: text.length * 3 }),
      emulator: { speed: "instant" },
      now: () => now,
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(ann, text);
    await createBatch(ann, file.id);
    const refusal = await refusalOf(createBatch(ann, file.id));
    expect(refusal).toMatchObject({ status: 429, type: "insufficient_quota" });
    expect(refusal.headers?.get("x-should-retry")).toBe("false");
    expect(refusal.message).toContain("2 left");
    await uploadLines(ann, text);
    await uploadLines(ann, text);
    const kept = await rowsOf(gateway.dataDir, "files");
    expect(await refusalOf(uploadLines(ann, text))).toMatchObject({ status: 429 });
    expect((await rowsOf(gateway.dataDir, "files")).length).toBe(kept.length);
    expect((await ann.batches.list()).data).toHaveLength(1);
    now += 12 * 3_600_000;
    await createBatch(ann, file.id);
    await uploadLines(ann, text);
  });

  test("has no more batches of a key unfinished than it allows, also of those created at one time", async () => {
    await using gateway = await startGateway({
      config: twoTenants({ concurrentBatches: 2 }),
      emulator: { speed: 0 },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(ann, chatLines(1));
    const creates = await Promise.allSettled(
      Array.from({ length: 5 }, () => createBatch(ann, file.id)),
    );
    expect(creates.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    gateway.emulator.control.setSpeed("instant");
    for (const { id } of (await ann.batches.list()).data) await waitForEnd(ann, id);
    await createBatch(ann, file.id);
  });
});

describe("a key that may use certain providers and models", () => {
  const terms = { providers: ["openai"], models: ["gpt-4o-*"] };

  test.each([["a provider of an upload", { provider: "anthropic" }, "provider_not_allowed"]])(
    "is refused %s that it may not use",
    async (_what, extra, code) => {
      await using world = await startWorld({ config: twoTenants(terms) });
      const ann = world.openai({ apiKey: ANN_KEY });
      const refusal = await refusalOf(uploadLines(ann, chatLines(1), extra));
      expect(refusal).toMatchObject({ status: 403, code });
    },
  );

  test("asks single requests of, and is shown, what it may use alone", async () => {
    await using world = await startWorld({ config: twoTenants(terms) });
    const ann = world.openai({ apiKey: ANN_KEY });
    const messages = [{ role: "user" as const, content: "Hi" }];
    const answer = await ann.chat.completions.create({ model: "gpt-4o-mini", messages });
    expect(answer.choices).toHaveLength(1);
    for (const refused of [
      ann.chat.completions.create({ model: "gpt-5", messages }),
      ann.chat.completions.create({
        model: "gpt-4o-mini",
        messages,
        models: ["gpt-5"],
      } as never),
    ]) {
      expect(await refusalOf(refused)).toMatchObject({ status: 403, code: "model_not_allowed" });
    }
    const own = (await ann.models.list()).data.map(({ id }) => id);
    const all = (await world.openai({ apiKey: BEN_KEY }).models.list()).data.map(({ id }) => id);
    expect(own.length).toBeGreaterThan(0);
    expect(all.length).toBeGreaterThan(own.length);
    expect(own.filter((id) => !id.startsWith("gpt-4o"))).toEqual([]);
  });

  test("gets a 403 where the create itself names the model", async () => {
    await using world = await startWorld({ config: twoTenants(terms) });
    const ann = world.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(ann, chatLines(1));
    const refusal = await refusalOf(createBatch(ann, file.id, { model: "gpt-5" }));
    expect(refusal).toMatchObject({ status: 403, code: "model_not_allowed" });
    const inline = await refusalOf(
      ann.batches.create({
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        requests: [JSON.parse(chatLine("a", { model: "gpt-5" }))],
      } as never),
    );
    expect(inline.status).toBe(403);
  });

  const ok = chatLine("ok");
  test.each([
    ["as its model", chatLine("b", { model: "gpt-5" })],
    [
      "behind one it may use",
      chatLine("b").replace('"model":"gpt-4o-mini"', '"model":"gpt-4o-mini","model":"gpt-5"'),
    ],
    [
      "before one it may use",
      chatLine("b").replace('"model":"gpt-4o-mini"', '"model":"gpt-5","model":"gpt-4o-mini"'),
    ],
    ["in a second body", chatLine("b").replace(/\}$/, ',"body":{"model":"gpt-5","messages":[]}}')],
    [
      "with an escaped key",
      chatLine("b").replace('"model"', String.raw`"mod\u0065l":"gpt-5","model"`),
    ],
    ["with a key in capitals", chatLine("b", { Model: "gpt-5" })],
    ["as what to fall back to", chatLine("b", { models: ["gpt-4o-mini", "gpt-5"] })],
    ["as a tool's", chatLine("b", { tools: [{ type: "image_generation", model: "gpt-image-1" }] })],
    ["by a path that leads elsewhere", chatLine("b", { model: "gpt-4o-mini/../gpt-5" })],
    ["by leaving it out", chatLine("b", { model: undefined })],
  ])("has a batch refused, before anything is sent, that names another %s", async (_how, line) => {
    await using gateway = await startGateway({
      config: twoTenants(terms),
      emulator: { speed: "instant" },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(ann, `${ok}\n${line}\n`);
    const batch = await waitForEnd(ann, (await createBatch(ann, file.id)).id);
    expect(batch.status).toBe("failed");
    expect(batch.errors?.data?.[0]).toMatchObject({ code: "model_not_allowed", line: 2 });
    expect(gateway.emulator.control.journal()).toEqual([]);
  });

  test("is served what it may use", async () => {
    await using gateway = await startGateway({
      config: twoTenants(terms),
      emulator: { speed: "instant" },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const file = await uploadLines(ann, `${ok}\n${chatLine("b", { model: "gpt-4o-mini" })}`);
    const batch = await waitForEnd(ann, (await createBatch(ann, file.id)).id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 2 } });
  });
});

describe("a tenant's lines", () => {
  test.each([
    ["a file", { file_id: "theirs" }, "file_not_found"],
    ["a list of files", { tools: [{ container: { file_ids: ["theirs"] } }] }, "file_not_found"],
    ["a response", { previous_response_id: "resp_1" }, "reference_not_allowed"],
    ["a vector store", { tools: [{ vector_store_ids: ["vs_1"] }] }, "reference_not_allowed"],
    [
      "an object in S3",
      { messages: [{ content: [{ image: { source: { s3Location: { uri: "s3://b/x" } } } }] }] },
      "s3_location_not_allowed",
    ],
  ])("can't name %s of another tenant", async (_what, body, code) => {
    await using gateway = await startGateway({
      config: twoTenants(),
      emulator: { speed: "instant" },
    });
    const [ann, ben] = [ANN_KEY, BEN_KEY].map((apiKey) => gateway.openai({ apiKey }));
    if (ann === undefined || ben === undefined) throw new Error("there are two tenants");
    const theirs = await uploadLines(ben, "a document", { purpose: "user_data" });
    const line = JSON.stringify({
      custom_id: "b",
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "gpt-4o-mini", ...body },
    });
    const file = await uploadLines(
      ann,
      `${chatLine("a")}\n${line.replaceAll("theirs", theirs.id)}`,
    );
    const batch = await waitForEnd(ann, (await createBatch(ann, file.id)).id);
    expect(batch.errors?.data?.[0]).toMatchObject({ code, line: 2 });
  });

  test("may name the tenant's own files, and anything as data of tools", async () => {
    await using gateway = await startGateway({
      config: twoTenants(),
      emulator: { speed: "instant" },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const own = await uploadLines(ann, "a document", { purpose: "user_data" });
    const content = [
      { type: "text", text: "What does it say of s3://bucket/x and file_id?" },
      { type: "file", file: { file_id: own.id } },
    ];
    const call = {
      id: "call_1",
      type: "function",
      function: { name: "open", arguments: '{"file_id":"x"}' },
    };
    const messages = [
      { role: "user", content },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: '{"file_id":"y"}' },
    ];
    const file = await uploadLines(ann, chatLine("a", { messages }));
    const batch = await waitForEnd(ann, (await createBatch(ann, file.id)).id);
    expect(batch).toMatchObject({ status: "completed", errors: null });
  });
});

describe("a tenant's place in S3", () => {
  test("is a folder of the default one, from which it reads and of which others know nothing", async () => {
    await using world = await startWorld({ config: twoTenants() });
    const [ann, ben] = [ANN_KEY, BEN_KEY].map((apiKey) => world.openai({ apiKey }));
    if (ann === undefined || ben === undefined) throw new Error("there are two tenants");
    const extra = { provider: "bedrock" };
    const file = await uploadLines(ann, chatLines(1, "amazon.nova-lite-v1:0"), extra);
    const shown: unknown = Reflect.get(file, "crossbatch");
    const uri = String(Object(shown)["native_id"]);
    expect(uri).toMatch(/^s3:\/\/crossbatch-default\/jobs\/ann\//);
    expect(await ann.files.retrieve(encodeURIComponent(uri))).toMatchObject({ id: file.id });
    expect((await refusalOf(ben.files.retrieve(encodeURIComponent(uri)))).status).toBeOneOf([
      403, 404,
    ]);
    const elsewhere = { ...extra, storage_config: { s3: { bucket: "your-bucket" } } };
    expect((await refusalOf(uploadLines(ann, chatLines(1), elsewhere))).status).toBe(403);
  });
});
