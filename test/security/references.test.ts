import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { REFERENCE_FIELDS, type ReferenceField } from "../support/reference-fields.ts";
import { ANN_KEY } from "../support/secrets.ts";
import { twoTenants } from "../support/tenants.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld({ config: twoTenants(), minimumLines: 1 });
}, 60_000);

afterAll(() => world?.close());

const REFUSED = REFERENCE_FIELDS.filter(({ meaning }) => meaning !== "nothing");

const LINES = {
  openai: { prefix: "body", line: { method: "POST", url: "/v1/chat/completions" } },
  anthropic: { prefix: "params", line: {} },
  gemini: { prefix: "request", line: {} },
  bedrock: { prefix: "modelInput", line: {} },
} as const;

const ID_KEYS = {
  openai: "custom_id",
  anthropic: "custom_id",
  gemini: "key",
  bedrock: "recordId",
} as const;

function lineOf({ format, body }: ReferenceField, number: number): string {
  const { prefix, line } = LINES[format];
  const model = format === "bedrock" ? {} : { model: MODELS[format] };
  const text = JSON.stringify({
    [ID_KEYS[format]]: `line-${number}`,
    ...line,
    [prefix]: { ...model, ...body },
  });
  return text.replaceAll('"ID"', `"file-of-${number}"`);
}

describe("what lies in an account that keys share", () => {
  test.each(PROVIDERS)(
    "can't be named by a tenant's lines of %s: each is told with its line and field, and nothing is sent",
    async (format) => {
      const fields = REFUSED.filter((field) => field.format === format);
      expect(fields.length).toBeGreaterThan(4);
      const ann = world.openai({ apiKey: ANN_KEY });
      const text = fields.map((field, at) => lineOf(field, at + 1)).join("\n");
      const file = await uploadLines(ann, text);
      world.emulators[format].control.clearJournal();
      const extra = { provider: format, model: MODELS[format] };
      const batch = await waitForEnd(ann, (await createBatch(ann, file.id, extra)).id);
      expect(batch.status).toBe("failed");
      const told = (batch.errors?.data ?? []).map(({ line, param }) => `${line} ${param}`);
      const expected = fields.map(({ path }, at) => `${at + 1} ${LINES[format].prefix}.${path}`);
      expect(told.toSorted()).toEqual(expected.toSorted());
      const sent = world.emulators[format].control.journal();
      expect(sent.filter(({ method }) => method === "POST")).toEqual([]);
    },
  );

  test.each(REFUSED.filter(({ format }) => format === "openai" || format === "anthropic"))(
    "can't be named by a tenant's single request: $format's $path in $body",
    async ({ format, path, body, meaning }) => {
      world.emulators[format].control.clearJournal();
      const routes =
        format === "openai"
          ? ["/v1/chat/completions", "/v1/responses"]
          : ["/anthropic/v1/messages"];
      for (const route of routes) {
        const answer = await fetch(world.url + route, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-api-key": ANN_KEY,
            "anthropic-version": "2023-06-01",
          },
          body: JSON.stringify({ model: MODELS[format], max_tokens: 5, ...body }),
        });
        const status = meaning === "file" ? 404 : 403;
        const type = meaning === "file" ? "not_found_error" : "permission_error";
        expect(answer.status).toBe(status);
        expect(await answer.json()).toMatchObject({
          error: format === "openai" ? { param: path } : { type },
        });
      }
      expect(world.emulators[format].control.journal()).toEqual([]);
    },
  );

  test("is its owner's to name where nobody shares", async () => {
    await using gateway = await startGateway();
    for (const body of [
      { previous_response_id: "resp_1" },
      { prompt: { id: "pmpt_1" } },
      { input: [{ type: "item_reference", id: "msg_1" }] },
      { input: "a", tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] },
    ]) {
      gateway.emulator.control.clearJournal();
      const answer = await fetch(`${gateway.url}/v1/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "gpt-4o-mini", input: "Hi", ...body }),
      });
      expect(await answer.text()).not.toContain("reference_not_allowed");
      expect(gateway.emulator.control.journal()).toHaveLength(1);
    }
  });
});
