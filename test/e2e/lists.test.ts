import OpenAI from "openai";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLines, createBatch, uploadLines, waitFor, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

describe("a list of files", () => {
  let gateway: RunningGateway;
  const ids: string[] = [];
  beforeAll(async () => {
    gateway = await startGateway();
    // All within the same second or two: what they were made in is told by their order alone.
    for (let number = 0; number < 7; number += 1) {
      const purpose = number % 3 === 0 ? "user_data" : "batch";
      ids.push((await uploadLines(gateway.openai(), chatLines(1), { purpose })).id);
    }
  });
  afterAll(() => gateway.close());

  async function list(query: string): Promise<Page> {
    const { statusCode, body } = await request(`${gateway.url}/v1/files?${query}`);
    expect(statusCode).toBe(200);
    return (await body.json()) as Page;
  }

  function page(data: readonly string[], has_more: boolean) {
    return {
      object: "list",
      data: data.map((id) => expect.objectContaining({ id })),
      first_id: data.at(0) ?? null,
      last_id: data.at(-1) ?? null,
      has_more,
    };
  }

  test.each([
    { what: "newest first", query: "", data: [6, 5, 4, 3, 2, 1, 0], more: false },
    { what: "oldest first", query: "order=asc", data: [0, 1, 2, 3, 4, 5, 6], more: false },
    { what: "one", query: "limit=1", data: [6], more: true },
    { what: "the oldest", query: "limit=1&order=asc", data: [0], more: true },
    { what: "exactly all", query: "limit=7", data: [6, 5, 4, 3, 2, 1, 0], more: false },
    { what: "the next", query: "limit=2&after=6", data: [5, 4], more: true },
    { what: "the last", query: "limit=1&after=1", data: [0], more: false },
    { what: "after the last", query: "after=0", data: [], more: false },
    { what: "upwards", query: "limit=2&order=asc&after=2", data: [3, 4], more: true },
    { what: "after the last, upwards", query: "order=asc&after=6", data: [], more: false },
    { what: "of a purpose", query: "purpose=user_data", data: [6, 3, 0], more: false },
    {
      what: "of a purpose, with more",
      query: "purpose=user_data&limit=2",
      data: [6, 3],
      more: true,
    },
    {
      what: "of a purpose, after one of another",
      query: "purpose=user_data&limit=2&after=5",
      data: [3, 0],
      more: false,
    },
    { what: "of a purpose without any", query: "purpose=vision", data: [], more: false },
  ])("$what: ?$query", async ({ query, data, more }) => {
    const filled = query.replace(
      /after=(\d)/,
      (_, number: string) => `after=${ids[Number(number)]}`,
    );
    const expected = page(
      data.map((number) => ids[number] ?? ""),
      more,
    );
    expect(await list(filled)).toEqual(expected);
    expect(await list(`${filled}&provider=openai`)).toEqual(expected);
  });

  test("after our own id of a file is the same as after its provider's", async () => {
    const { crossbatch } = (await gateway.openai().files.retrieve(String(ids[3]))) as unknown as {
      readonly crossbatch: { readonly id: string };
    };
    expect(await list(`after=file-${crossbatch.id}&limit=1`)).toEqual(
      await list(`after=${ids[3]}&limit=1`),
    );
  });

  test("goes on after a file that was deleted only by another's id", async () => {
    const client = gateway.openai();
    const gone = await uploadLines(client, chatLines(1));
    await client.files.delete(gone.id);
    const error = await refusalOf(client.files.list({ after: gone.id }));
    expect(error).toMatchObject({ status: 404, param: "after", code: null });
    expect(error.message).toContain(gone.id);
    expect((await list("")).data.map(({ id }) => id)).toEqual(ids.toReversed());
  });
});

describe("a list of what was made elsewhere", () => {
  test("names each once, though many ask for it at the same time", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const direct = new OpenAI({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY });
    const files = await Promise.all(
      Array.from({ length: 12 }, () => uploadLines(direct, chatLines(1))),
    );
    for (const { id } of files) await waitForEnd(direct, (await createBatch(direct, id)).id);
    const query = { provider: "openai" } as object;
    await Promise.all(
      files.flatMap(({ id }) => Array.from({ length: 6 }, () => client.files.retrieve(id))),
    );
    await Promise.all([
      ...Array.from({ length: 8 }, () => client.files.list(query)),
      ...Array.from({ length: 8 }, () => client.batches.list(query)),
    ]);
    const listed = (await client.files.list()).data.map(({ id }) => id);
    expect(new Set(listed).size).toBe(24);
    expect(listed).toHaveLength(24);
    const batches = (await client.batches.list()).data.map(({ id }) => id);
    expect(new Set(batches).size).toBe(12);
    expect(batches).toHaveLength(12);
  });

  test("leaves none of one second out, though its pages are read one after the other", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const direct = new OpenAI({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY });
    const files = await Promise.all(
      Array.from({ length: 180 }, () => uploadLines(direct, chatLines(1))),
    );
    for (const { id } of files.slice(0, 10)) await createBatch(direct, id);
    const made = await Promise.all(
      Array.from({ length: 150 }, async () => (await createBatch(direct, files[0]?.id ?? "")).id),
    );
    const query = { provider: "openai", purpose: "batch" } as object;
    const listed: string[] = [];
    for await (const { id } of client.files.list({ limit: 20, ...query })) listed.push(id);
    expect(files.filter(({ id }) => !listed.includes(id))).toEqual([]);
    const batches: string[] = [];
    for await (const { id } of client.batches.list({ limit: 20 }, { query })) batches.push(id);
    expect(made.filter((id) => !batches.includes(id))).toEqual([]);
    expect(new Set(batches).size).toBe(batches.length);
    expect(new Set(listed).size).toBe(listed.length);
  });

  test("names each once, though it was listed there before it was known to be ours", async () => {
    await using gateway = await startGateway({ config: { pollSeconds: 2 } });
    const client = gateway.openai();
    gateway.emulator.control.setSpeed(0);
    const file = await uploadLines(client, chatLines(2));
    const { id } = await createBatch(client, file.id);
    await waitFor(client, id, () => true);
    await gateway.emulator.control.complete(id);
    const query = { provider: "openai" } as object;
    // The output is upstream, and the gateway doesn't know yet whose it is.
    expect((await client.files.list(query)).data).toHaveLength(2);
    const batch = await waitForEnd(client, id);
    for (const asked of [{}, query]) {
      const listed = (await client.files.list(asked)).data.map((each) => each.id);
      expect(listed.toSorted()).toEqual([file.id, String(batch.output_file_id)].toSorted());
    }
    expect(await client.files.retrieve(String(batch.output_file_id))).toMatchObject({
      filename: `${id}_output.jsonl`,
      crossbatch: { provider: "openai" },
    });
    expect(await rowsOf(gateway.dataDir, "files")).toEqual(
      expect.arrayContaining([expect.objectContaining({ origin: "result", role: "output" })]),
    );
    await client.files.delete(String(batch.output_file_id));
    expect((await client.files.list(query)).data.map((each) => each.id)).toEqual([file.id]);
  });

  test("names each once, though it was listed while it was being made", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const query = { provider: "openai" } as object;
    const others = Array.from({ length: 6 }, async () => {
      for (let round = 0; round < 15; round += 1) {
        await client.files.list(query);
        await client.batches.list(query);
      }
    });
    const made = Array.from({ length: 10 }, async () => {
      const file = await uploadLines(client, chatLines(1));
      return (await createBatch(client, file.id)).id;
    });
    const ids = await Promise.all(made);
    await Promise.all(others);
    for (const id of ids) {
      const batch = await waitForEnd(client, id);
      expect(batch.status).toBe("completed");
    }
    const batches = (await client.batches.list({ limit: 100 })).data.map((each) => each.id);
    expect(batches.toSorted()).toEqual(ids.toSorted());
    const files = (await client.files.list()).data.map((each) => each.id);
    expect(files).toHaveLength(new Set(files).size);
    expect(files).toHaveLength(20);
    const origins = (await rowsOf(gateway.dataDir, "batches")).map((row) => row["origin"]);
    expect(origins).toEqual(ids.map(() => "client"));
  });

  test("goes on after what is here and gone there", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const direct = new OpenAI({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY });
    const made = [
      await uploadLines(direct, chatLines(1)),
      await uploadLines(client, chatLines(1)),
      await uploadLines(client, chatLines(1)),
    ].map((file) => file.id);
    await direct.files.delete(String(made[1]));
    const listed = await client.files.list({ after: made[1], provider: "openai" } as object);
    expect(listed.data.map((each) => each.id)).toEqual([made[0]]);
  });

  test("that the provider writes badly is an error of the provider's, and nothing of it is kept", async () => {
    await using gateway = await startGateway();
    const query = { provider: "openai" } as object;
    for (const [path, list] of [
      ["/files$", () => gateway.openai().files.list(query)],
      ["/batches$", () => gateway.openai().batches.list(query)],
    ] as const) {
      for (const body of ["not JSON", "", "[]", '{"data":{}}', '{"data":[{"no":"id"}]}', "null"]) {
        const fault = { kind: "status", status: 200, body, times: 9 } as const;
        gateway.emulator.control.inject({ ...fault, method: "GET", path });
        const error = await refusalOf(list());
        expect([body, error.status, error.type]).toEqual([body, 502, "server_error"]);
        gateway.emulator.control.clearFaults();
      }
    }
    expect((await gateway.openai().files.list()).data).toEqual([]);
    expect((await gateway.openai().batches.list()).data).toEqual([]);
  });

  test("that never ends is read no further than it must be", async () => {
    await using gateway = await startGateway();
    const item = {
      id: "file-again",
      object: "file",
      bytes: 1,
      created_at: 1_790_000_000,
      filename: "a",
      purpose: "batch",
    };
    const body = JSON.stringify({ object: "list", data: [item], has_more: true });
    gateway.emulator.control.inject({
      kind: "status",
      status: 200,
      body,
      method: "GET",
      path: "/files$",
      times: 10_000,
    });
    const listed = await gateway.openai().files.list({ provider: "openai" } as object);
    expect(listed.data.map(({ id }) => id)).toEqual(["file-again"]);
    expect(gateway.emulator.control.journal().length).toBeLessThan(500);
  });
});
