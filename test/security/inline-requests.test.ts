import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLine, chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { ANN_KEY, BEN_KEY } from "../support/secrets.ts";
import { blobsOf } from "../support/stored.ts";
import { twoTenants } from "../support/tenants.ts";
import { MODELS, PROVIDERS, type ProviderName, startWorld, type World } from "../support/world.ts";
import { stateOf } from "./tenant-objects.ts";
import { unknownLike } from "./unknown-like.ts";

interface Answer {
  readonly status: number;
  readonly body: { readonly id?: string; readonly error?: object };
}

interface Create {
  readonly provider: ProviderName;
  /** Of the file that the second request names. */
  readonly id: string;
}

const DIALECTS = [
  {
    dialect: "openai",
    field: "body.messages[].content[].file.file_id",
    create: ({ provider, id }: Create) => {
      const model = MODELS[provider];
      const messages = [{ role: "user", content: [{ type: "file", file: { file_id: id } }] }];
      return post("/v1/batches", {
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        provider,
        requests: [chatLine("a", { model }), chatLine("b", { model, messages })].map(
          (line): unknown => JSON.parse(line),
        ),
      });
    },
  },
  {
    dialect: "anthropic",
    field: "params.messages[].content[].source.file_id",
    create: ({ provider, id }: Create) => {
      const params = (content: unknown) => ({
        model: MODELS[provider],
        max_tokens: 5,
        messages: [{ role: "user", content }],
      });
      const document = { type: "document", source: { type: "file", file_id: id } };
      return post(`/anthropic/v1/messages/batches?provider=${provider}`, {
        requests: [
          { custom_id: "a", params: params("Hi") },
          { custom_id: "b", params: params([document]) },
        ],
      });
    },
  },
] as const;

let world: World;

beforeAll(async () => {
  world = await startWorld({ config: twoTenants(), minimumLines: 1 });
}, 60_000);

afterAll(() => world?.close());

async function post(path: string, body: object): Promise<Answer> {
  const response = await fetch(world.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": ANN_KEY,
      "anthropic-version": "2023-06-01",
      // Each create is one of its own.
      "idempotency-key": randomUUID(),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const MATRIX = DIALECTS.flatMap((each) => PROVIDERS.map((provider) => ({ ...each, provider })));

describe("requests inside a tenant's create", () => {
  test.each(MATRIX)(
    "that name a file of another's, or nobody's, are a 404 that names line and field and leaves no batch: $dialect to $provider",
    async ({ dialect, create, provider, field }) => {
      const theirs = await uploadLines(world.openai({ apiKey: BEN_KEY }), "x", {
        purpose: "user_data",
        provider,
      });
      const [state, blobs] = [await stateOf(world, "ann"), await blobsOf(world.dataDir)];
      world.emulators[provider].control.clearJournal();
      for (const id of [theirs.id, unknownLike(theirs.id)]) {
        const message = `No such File object: ${id} (line 2, ${field})`;
        const { status, body } = await create({ provider, id });
        expect([status, body.error]).toEqual([
          404,
          dialect === "openai"
            ? { message, type: "invalid_request_error", param: field, code: "file_not_found" }
            : { type: "not_found_error", message },
        ]);
      }
      expect(await stateOf(world, "ann")).toEqual(state);
      await expect.poll(() => blobsOf(world.dataDir)).toEqual(blobs);
      expect(world.emulators[provider].control.journal()).toEqual([]);
    },
  );

  test.each(DIALECTS)("may name its own: $dialect", async ({ dialect, create }) => {
    const ann = world.openai({ apiKey: ANN_KEY });
    const extra = { purpose: "user_data", provider: dialect };
    const own = await uploadLines(ann, "a document", extra);
    const { status, body } = await create({ provider: dialect, id: own.id });
    expect(status).toBe(200);
    expect((await waitForEnd(ann, String(body.id))).status).toBe("completed");
  });

  test("that nobody waits for, like those in a file, fail their batch in the same words for another's file and for nobody's", async () => {
    await using slow = await startWorld({
      config: { ...twoTenants(), limits: { handOverSeconds: 0 } },
    });
    const ann = slow.openai({ apiKey: ANN_KEY });
    const theirs = await uploadLines(slow.openai({ apiKey: BEN_KEY }), "x", {
      purpose: "user_data",
    });
    for (const isInline of [true, false]) {
      const told = [];
      for (const id of [theirs.id, unknownLike(theirs.id)]) {
        const messages = [{ role: "user", content: [{ type: "file", file: { file_id: id } }] }];
        const line = chatLine("a", { messages });
        const created = isInline
          ? await createBatch(ann, "", { requests: [JSON.parse(line)] })
          : await createBatch(ann, (await uploadLines(ann, line)).id);
        const { status, errors } = await waitForEnd(ann, created.id);
        expect(status).toBe("failed");
        told.push(JSON.parse(JSON.stringify(errors).replaceAll(id, "ID")));
      }
      const [{ field: param }] = DIALECTS;
      const message = "No such File object: ID";
      const data = [{ code: "file_not_found", message, param, line: 1 }];
      expect(told).toEqual([
        { object: "list", data },
        { object: "list", data },
      ]);
    }
  });

  test("that are refused leave a file alone that an earlier create brought", async () => {
    const ann = world.openai({ apiKey: ANN_KEY });
    const own = await uploadLines(ann, chatLines(1), { purpose: "user_data" });
    const [openai] = DIALECTS;
    const { body } = await openai.create({ provider: "openai", id: own.id });
    const made = await waitForEnd(ann, String(body.id));
    await ann.files.delete(own.id);
    const again = await post("/v1/batches", {
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      input_file_id: made.input_file_id,
    });
    expect(await waitForEnd(ann, String(again.body.id))).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "file_not_found", line: 2, param: openai.field }] },
    });
    expect(await (await ann.files.content(made.input_file_id)).text()).toContain(own.id);
  });
});
