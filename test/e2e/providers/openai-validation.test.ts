import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chatLine,
  createBatch,
  readLines,
  uploadLines,
  waitForEnd,
} from "../../support/batches.ts";
import {
  MODELS,
  PROVIDERS,
  type ProviderName,
  startWorld,
  type World,
} from "../../support/world.ts";
import { at } from "./openai-stage.ts";

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
});
afterAll(() => world.close());

interface Wrong {
  readonly what: string;
  readonly only?: readonly ProviderName[];
  readonly lines: (model: string) => readonly string[];
  readonly extra?: object;
  readonly error: object;
}

const WRONG: readonly Wrong[] = [
  { what: "a file of nothing", lines: () => [], error: { line: null, code: "empty_file" } },
  {
    what: "a file of blank lines",
    lines: () => ["", "", ""],
    error: { line: null, code: "empty_file" },
  },
  {
    what: "a line that is no JSON",
    lines: (model) => [chatLine("a", { model }), "{nothing", chatLine("c", { model })],
    error: { line: 2, code: "invalid_json_line" },
  },
  {
    what: "an id that is there twice",
    lines: (model) => ["a", "b", "a"].map((id) => chatLine(id, { model })),
    error: { line: 3, code: "duplicate_custom_id" },
  },
  {
    what: "a line for another endpoint",
    lines: (model) => [
      chatLine("a", { model }),
      chatLine("b", { model }).replace("/v1/chat/completions", "/v1/embeddings"),
    ],
    error: { line: 2, message: expect.stringContaining("/v1/chat/completions") },
  },
  {
    what: "another model than the batch is for",
    only: ["gemini", "bedrock"],
    extra: { model: "amazon.nova-lite-v1:0" },
    lines: (model) => [chatLine("a", { model })],
    error: { line: 1, code: "mismatched_model", param: "body.model" },
  },
  {
    what: "no model anywhere",
    lines: (model) => [chatLine("a", { model }), chatLine("b", { model: undefined })].slice(-1),
    error: { line: 1, message: expect.stringContaining("model") },
  },
  {
    what: "a family that Bedrock has no bodies of",
    only: ["bedrock"],
    lines: () => [chatLine("a", { model: "acme.thinker-v1:0" })],
    error: { line: 1, message: expect.stringContaining("acme.thinker-v1:0"), param: "body.model" },
  },
];

describe.each(PROVIDERS)("a batch for %s fails before anything is sent, for", (provider) => {
  test.each(WRONG.filter(({ only }) => only?.includes(provider) ?? true))(
    "$what",
    async ({ lines, extra, error }) => {
      const { control } = world.emulators[provider];
      const before = control.batches().length;
      const file = await uploadLines(client, lines(MODELS[provider]).join("\n"), at(provider));
      const created = await createBatch(client, file.id, { provider, ...extra });
      expect(created.status).toBe("validating");
      const ended = await waitForEnd(client, created.id);
      expect(ended).toMatchObject({
        status: "failed",
        output_file_id: null,
        error_file_id: null,
        errors: { object: "list", data: [error] },
      });
      // OpenAI looks at the lines itself, once it has the job.
      const sent = control.batches().slice(before);
      expect(sent.filter(({ state }) => provider !== "openai" || state !== "failed")).toEqual([]);
    },
  );
});

describe.each(["anthropic", "gemini", "bedrock"] as const)("what %s can't be told", (provider) => {
  const model = MODELS[provider];
  const plain = (id: string) => chatLine(id, { model, max_tokens: 50 });
  const odd = (id: string) => chatLine(id, { model, max_tokens: 50, logit_bias: { 50256: -100 } });
  const impossible = (id: string) =>
    chatLine(id, {
      model,
      max_tokens: 50,
      messages: [
        { role: "user", content: [{ type: "file", file: { file_id: "file-at-openai" } }] },
      ],
    });
  const many = Array.from({ length: 100 }, (_, number) => plain(`more-${number}`));

  test("fails the batch with the lines' numbers where translation is strict", async () => {
    const { control } = world.emulators[provider];
    const before = control.batches().length;
    const text = [plain("a"), odd("b"), plain("c"), impossible("d"), ...many].join("\n");
    const file = await uploadLines(client, text, at(provider));
    const created = await client.batches.create(
      { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
      { headers: { "x-crossbatch-translation": "strict" } },
    );
    const ended = await waitForEnd(client, created.id);
    expect(ended.status).toBe("failed");
    expect(ended.errors?.data).toMatchObject([
      { line: 2, code: "untranslatable", param: "body.logit_bias" },
      { line: 4, code: "untranslatable" },
    ]);
    expect(control.batches()).toHaveLength(before);
  });

  test("is left out with a warning, or fails its line alone, where it warns", async () => {
    const text = [plain("a"), odd("b"), odd("c"), impossible("d"), ...many].join("\n");
    const file = await uploadLines(client, text, at(provider));
    const created = await createBatch(client, file.id, { provider });
    const ended = await waitForEnd(client, created.id);
    expect(ended).toMatchObject({
      status: "completed",
      request_counts: { total: 104, completed: 103, failed: 1 },
      crossbatch: {
        warnings: expect.arrayContaining([
          expect.objectContaining({
            code: "field_dropped",
            field: "body.logit_bias",
            lines: 2,
            first_lines: [2, 3],
          }),
          expect.objectContaining({ code: "lines_not_sent", lines: 1 }),
        ]),
      },
    });
    expect(await readLines(client, ended.error_file_id)).toMatchObject([{ custom_id: "d" }]);
  });
});

describe.each(PROVIDERS)("ids of lines at %s", (provider) => {
  test("come back as they were written, whatever the provider's rule", async () => {
    const ids = [
      "plain",
      "mit Leerzeichen",
      "größer/als:64#zeichen",
      "x".repeat(200),
      "r000001",
      "a#1of2",
    ];
    const more = Array.from({ length: 100 }, (_, number) => `more ${number}`);
    const all = [...ids, ...more];
    const text = all.map((id) => chatLine(id, { model: MODELS[provider] })).join("\n");
    const file = await uploadLines(client, text, at(provider));
    const ended = await waitForEnd(client, (await createBatch(client, file.id, { provider })).id);
    expect(ended).toMatchObject({ status: "completed", request_counts: { failed: 0 } });
    const lines = await readLines(client, ended.output_file_id);
    expect(lines.map((line) => line.custom_id).sort()).toEqual(all.toSorted());
  });
});
