import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLine, chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { ANN_KEY, BEN_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";
import { twoTenants } from "../support/tenants.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../support/world.ts";
import { unknownLike } from "./unknown-like.ts";

const CREATE = { endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
const NAMINGS = [null, ...PROVIDERS];

let world: World;
let before: object;

beforeAll(async () => {
  world = await startWorld({ config: twoTenants(), minimumLines: 1 });
  for (const apiKey of [ANN_KEY, BEN_KEY]) {
    const client = world.openai({ apiKey });
    for (const provider of PROVIDERS) {
      await uploadLines(client, chatLines(1, MODELS[provider]), { provider });
      const document = await toFile(Buffer.from("a document"), "a.txt");
      const extra = { provider };
      await client.files.create({ file: document, purpose: "user_data", ...extra });
    }
  }
  before = await stored(world.dataDir);
  for (const { control } of Object.values(world.emulators)) control.clearJournal();
}, 60_000);

afterAll(() => world?.close());

/** All that a create writes. */
async function stored(dataDir: string): Promise<object> {
  const tables = ["batches", "parts", "files", "aliases", "create_keys", "key_uses"] as const;
  const others = ["key_batches", "account_keys", "events"] as const;
  const wakes = await rowsOf(dataDir, "wakes");
  return {
    wakes: wakes.filter(({ key }) => String(key).startsWith("batch:")),
    ...Object.fromEntries(
      await Promise.all(
        [...tables, ...others].map(async (table) => [table, await rowsOf(dataDir, table)] as const),
      ),
    ),
  };
}

/** Every id under which a tenant's files at a provider can be asked for, as it is and encoded. */
async function idsOf(tenant: string, provider: string): Promise<readonly string[]> {
  const aliases = (await rowsOf(world.dataDir, "aliases")).filter(
    (alias) =>
      alias["kind"] === "file" && alias["owner"] === tenant && alias["provider"] === provider,
  );
  const ids = aliases.map(({ id }) => String(id));
  const objects = aliases.map((alias) => String(alias["object_id"]));
  return [
    ...new Set([
      ...ids,
      ...objects,
      ...ids.map((id) => encodeURIComponent(id)),
      ...ids.map((id) => Buffer.from(id).toString("base64url")),
    ]),
  ];
}

async function create(body: object) {
  const response = await fetch(`${world.url}/v1/batches`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": ANN_KEY },
    body: JSON.stringify({ ...CREATE, ...body }),
  });
  return { status: response.status, text: await response.text() };
}

function noSuchFile(id: string) {
  const shown = id.length > 80 ? `${id.slice(0, 80)}…` : id;
  const message = `No such File object: ${shown}`;
  const error = { message, type: "invalid_request_error", param: "input_file_id", code: null };
  return { status: 404, text: JSON.stringify({ error }) };
}

const MATRIX = PROVIDERS.flatMap((provider) => NAMINGS.map((naming) => ({ provider, naming })));

describe("a tenant's create whose input isn't there", () => {
  test.each(MATRIX)(
    "is a 404 that leaves nothing behind, for a file of another's at $provider, named $naming",
    async ({ provider, naming }) => {
      const theirs = await idsOf("ben", provider);
      expect(theirs.length).toBeGreaterThan(6);
      for (const id of theirs.flatMap((each) => [each, unknownLike(each)])) {
        const named = naming === null ? {} : { provider: naming };
        expect(await create({ input_file_id: id, ...named })).toEqual(noSuchFile(id));
      }
      expect(await stored(world.dataDir)).toEqual(before);
      for (const apiKey of [ANN_KEY, BEN_KEY]) {
        expect((await world.openai({ apiKey }).batches.list()).data).toEqual([]);
      }
      for (const { control } of Object.values(world.emulators))
        expect(control.journal()).toEqual([]);
    },
  );

  test.each([
    ["plain words", "nothing"],
    ["an address", "http://169.254.169.254/latest/meta-data/"],
    ["a way up", "../../etc/passwd"],
    ["a place beside its own", "s3://crossbatch-default/jobs/ann-other/in.jsonl"],
    ["a place in its own folder where nothing lies", "s3://crossbatch-default/jobs/ann/none.jsonl"],
    ["a bucket of somebody's", "s3://your-s3-bucket/in.jsonl"],
    ["a line break", "file-a\nb"],
    ["1,000 letters", `file-${"a".repeat(1_000)}`],
  ])("is the same 404 for %s", async (_what, id) => {
    for (const naming of NAMINGS) {
      const named = naming === null ? {} : { provider: naming };
      expect(await create({ input_file_id: id, ...named })).toEqual(noSuchFile(id));
    }
    expect(await stored(world.dataDir)).toEqual(before);
  });

  test("is that 404 also where the key may not use the provider that nothing names", async () => {
    await using gateway = await startGateway({ config: twoTenants({ providers: ["anthropic"] }) });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const theirs = await uploadLines(gateway.openai({ apiKey: BEN_KEY }), chatLines(1));
    for (const id of [theirs.id, unknownLike(theirs.id)]) {
      expect(await refusalOf(createBatch(ann, id))).toMatchObject({
        status: 404,
        param: "input_file_id",
      });
    }
  });

  test("doesn't matter where requests come with it", async () => {
    await using gateway = await startGateway({
      config: twoTenants(),
      emulator: { speed: "instant" },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const theirs = await uploadLines(gateway.openai({ apiKey: BEN_KEY }), chatLines(1));
    const requests = [JSON.parse(chatLine("a"))];
    for (const id of [theirs.id, unknownLike(theirs.id), ""]) {
      const created = await createBatch(ann, id, { requests });
      expect(created.input_file_id).not.toBe(id);
      expect(await waitForEnd(ann, created.id)).toMatchObject({ status: "completed" });
    }
  });

  test("leaves its Idempotency-Key free, and gets the batch that this key made while the file was there", async () => {
    await using gateway = await startGateway({
      config: twoTenants(),
      emulator: { speed: "instant" },
    });
    const ann = gateway.openai({ apiKey: ANN_KEY });
    const create = (id: string, key: string) =>
      ann.batches.create({ ...CREATE, input_file_id: id }, { headers: { "idempotency-key": key } });
    const file = await uploadLines(ann, chatLines(1));
    expect((await refusalOf(create(unknownLike(file.id), "order-1"))).status).toBe(404);
    const made = await create(file.id, "order-1");
    await ann.files.delete(file.id);
    expect((await create(file.id, "order-1")).id).toBe(made.id);
    expect((await refusalOf(create(file.id, "order-2"))).status).toBe(404);
    expect((await ann.batches.list()).data.map(({ id }) => id)).toEqual([made.id]);
  });
});

describe("a tenant's create whose input is there", () => {
  test.each(PROVIDERS)("takes every id of a file of its own at %s", async (provider) => {
    await using own = await startWorld({ config: twoTenants(), minimumLines: 1 });
    const ann = own.openai({ apiKey: ANN_KEY });
    const extra = { provider };
    const file = await uploadLines(ann, chatLines(1, MODELS[provider]), extra);
    const shown = (await ann.files.retrieve(file.id)) as {
      crossbatch?: { native_id?: string | null };
    };
    const native = shown.crossbatch?.native_id ?? file.id;
    const encoded = native.includes("/")
      ? [encodeURIComponent(native), Buffer.from(native).toString("base64url")]
      : [];
    for (const id of new Set([file.id, native, ...encoded])) {
      const batch = await waitForEnd(ann, (await createBatch(ann, id)).id);
      expect([id, batch.status]).toEqual([id, "completed"]);
    }
  });
});
