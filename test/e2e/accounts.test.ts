import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { CLIENT_KEY, PROVIDER_KEY, UNKNOWN_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";

async function keptKeys(gateway: RunningGateway) {
  const rows = await rowsOf(gateway.dataDir, "account_keys");
  return rows.map(({ provider, sealed }) => ({ provider, sealed }));
}

describe("a client's own key", () => {
  test("is passed through where none is configured, works after the request, and is erased after the last batch", async () => {
    await using gateway = await startGateway({ withKey: false });
    const client = gateway.openai({ apiKey: CLIENT_KEY });
    gateway.emulator.control.setSpeed(0);
    const file = await uploadLines(client, chatLines(3));
    const created = await createBatch(client, file.id);
    expect(await keptKeys(gateway)).toEqual([
      { provider: "openai", sealed: expect.not.stringContaining(CLIENT_KEY) },
    ]);
    await gateway.restart();
    gateway.emulator.control.setSpeed("instant");
    const again = gateway.openai({ apiKey: CLIENT_KEY });
    const batch = await waitForEnd(again, created.id);
    expect(await readLines(again, batch.output_file_id)).toHaveLength(3);
    expect(await keptKeys(gateway)).toEqual([]);
  });

  test("opens only its own account: another's files and batches are 404, and in no list", async () => {
    await using gateway = await startGateway({ withKey: false });
    const owner = gateway.openai({ apiKey: CLIENT_KEY });
    const stranger = gateway.openai({ apiKey: PROVIDER_KEY });
    const file = await uploadLines(owner, chatLines(1));
    const batch = await waitForEnd(owner, (await createBatch(owner, file.id)).id);
    for (const query of [{}, { provider: "openai" }]) {
      expect((await refusalOf(stranger.files.retrieve(file.id, { query }))).status).toBe(404);
      expect((await refusalOf(stranger.files.content(file.id, { query }))).status).toBe(404);
      expect((await refusalOf(stranger.files.delete(file.id, { query }))).status).toBe(404);
      expect(
        (await refusalOf(stranger.files.content(String(batch.output_file_id), { query }))).status,
      ).toBe(404);
      expect((await refusalOf(stranger.batches.retrieve(batch.id, { query }))).status).toBe(404);
      expect((await refusalOf(stranger.batches.cancel(batch.id, { query }))).status).toBe(404);
      expect((await stranger.files.list(query as object)).data).toEqual([]);
      expect((await stranger.batches.list(query as object)).data).toEqual([]);
    }
    const stolen = await waitForEnd(stranger, (await createBatch(stranger, file.id)).id);
    expect(stolen).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "invalid_request", param: "file_id", line: null }] },
    });
    expect(await owner.files.retrieve(file.id)).toMatchObject({ id: file.id });
  });

  test.each([{ name: "refused by the provider", apiKey: UNKNOWN_KEY }])(
    "that is $name gets a 401 that says why",
    async ({ apiKey }) => {
      await using gateway = await startGateway({ withKey: false });
      const error = await refusalOf(uploadLines(gateway.openai({ apiKey }), chatLines(1)));
      expect(error.status).toBe(401);
      expect(error.message).toMatch(/no (?:API )?key is configured/i);
      expect(error.message).not.toContain(apiKey);
    },
  );

  test("is ignored where one is configured", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai({ apiKey: "sk-a-dummy-that-must-not-travel-1f" });
    const file = await uploadLines(client, chatLines(1));
    await waitForEnd(client, (await createBatch(client, file.id)).id);
    const tails = gateway.emulator.control
      .journal()
      .map((entry) => entry.headers["authorization"] ?? "");
    expect(tails.length).toBeGreaterThan(2);
    for (const tail of tails) expect(tail).toContain(PROVIDER_KEY.slice(-4));
  });

  test("and no key at all is a 401 that says how to bring one", async () => {
    await using gateway = await startGateway({ withKey: false });
    const response = await fetch(`${gateway.url}/v1/files?provider=openai`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: {
        type: "invalid_request_error",
        message: expect.stringContaining("No API key is configured"),
      },
    });
  });
});

describe("headers of the client", () => {
  test("organization and project travel with every call about its batch", async () => {
    await using gateway = await startGateway();
    const client = new OpenAI({
      baseURL: `${gateway.url}/openai`,
      apiKey: "any",
      organization: "org-blue",
      project: "proj-green",
    });
    const file = await uploadLines(client, chatLines(2));
    await waitForEnd(client, (await createBatch(client, file.id)).id);
    const calls = gateway.emulator.control.journal();
    expect(calls.length).toBeGreaterThan(3);
    for (const call of calls) {
      expect([
        call.path,
        call.headers["openai-organization"],
        call.headers["openai-project"],
      ]).toEqual([call.path, "org-blue", "proj-green"]);
    }
  });
});

describe("the provider", () => {
  test.each([
    { where: "a header", headers: { "x-model-provider": "lab" }, query: "", fields: {} },
    { where: "the query", headers: {}, query: "?provider=lab", fields: {} },
    { where: "a field of the form", headers: {}, query: "", fields: { provider: "lab" } },
  ])("may be named in $where, and is then remembered", async ({ headers, query, fields }) => {
    await using other = await startGateway();
    await using gateway = await startGateway({
      config: {
        providers: { lab: { kind: "openai", baseUrl: other.emulator.url, apiKey: PROVIDER_KEY } },
      },
    });
    const form = new FormData();
    form.append("file", new Blob([chatLines(1)]), "a.jsonl");
    form.append("purpose", "batch");
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const response = await fetch(`${gateway.url}/v1/files${query}`, {
      method: "POST",
      body: form,
      headers,
    });
    const file = (await response.json()) as { readonly id: string };
    expect(file).toMatchObject({ crossbatch: { provider: "lab" } });
    const batch = await waitForEnd(
      gateway.openai(),
      (await createBatch(gateway.openai(), file.id)).id,
    );
    expect(batch).toMatchObject({ status: "completed", crossbatch: { provider: "lab" } });
  });

  test("named entries in crossbatch.yaml are hosts of their own", async () => {
    await using other = await startGateway();
    await using gateway = await startGateway({
      config: {
        providers: { lab: { kind: "openai", baseUrl: other.emulator.url, apiKey: PROVIDER_KEY } },
      },
    });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2), { provider: "lab" });
    const created = await createBatch(client, file.id);
    const batch = await waitForEnd(client, created.id);
    expect(batch).toMatchObject({ status: "completed", crossbatch: { provider: "lab" } });
    expect(other.emulator.control.batches().map((each) => each.id)).toEqual([created.id]);
    expect(gateway.emulator.control.batches()).toEqual([]);
    const moved = await waitForEnd(
      client,
      (await createBatch(client, file.id, { provider: "openai" })).id,
    );
    expect(moved).toMatchObject({
      status: "completed",
      input_file_id: file.id,
      crossbatch: { provider: "openai" },
    });
    expect(
      (await refusalOf(client.batches.retrieve(created.id, { query: { provider: "openai" } })))
        .message,
    ).toContain("runs at 'lab'");
    expect(
      (await refusalOf(client.batches.cancel(created.id, { body: { provider: "openai" } }))).status,
    ).toBe(400);
  });

  test.each([
    {
      name: "unknown",
      query: "provider=nobody",
      headers: {},
      message: "Unknown provider 'nobody'. Configured here: openai, anthropic, gemini, bedrock.",
    },
    {
      name: "two that differ",
      query: "provider=openai",
      headers: { "x-model-provider": "lab" },
      message: "names more than one provider",
    },
  ])("$name is a 400", async ({ query, headers, message }) => {
    await using gateway = await startGateway();
    const response = await fetch(`${gateway.url}/openai/files?${query}`, {
      headers: { authorization: "Bearer x", ...headers },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(message), param: "provider" },
    });
  });
});
