import { expect, test } from "vitest";
import { createBatch, generateLine, KEY, startStage } from "./stage.ts";

test("a key that isn't known is a 400 that says so, and no key a 403", async () => {
  await using stage = await startStage();
  const wrong = await stage.call("GET", "/v1beta/files", { key: "wrong" });
  expect(wrong.status).toBe(400);
  expect(wrong.json.error).toMatchObject({
    status: "INVALID_ARGUMENT",
    details: [{ reason: "API_KEY_INVALID", domain: "googleapis.com" }],
  });
  const none = await stage.call("GET", "/v1beta/files", { key: null });
  expect([none.status, none.json.error.status]).toEqual([403, "PERMISSION_DENIED"]);
});

test("a key may come in the address, and the journal doesn't show it", async () => {
  await using stage = await startStage();
  const reply = await stage.call("GET", `/v1beta/files?key=${KEY}`, { key: null });
  expect(reply.status).toBe(200);
  await stage.call("GET", "/v1beta/files");
  expect(stage.control.journal()).toHaveLength(2);
  expect(JSON.stringify(stage.control.journal())).not.toContain(KEY);
});

test.each([
  ["GET", "/v1beta/nothing"],
  ["PUT", "/v1beta/files"],
  ["POST", "/v1beta/models/gemini-2.5-flash:think"],
  ["GET", "/v1beta/batches/none"],
])("%s %s is a 404 in Google's shape", async (method, path) => {
  await using stage = await startStage();
  const refused = await stage.call(method, path);
  expect([refused.status, refused.json.error.status]).toEqual([404, "NOT_FOUND"]);
});

test.each([
  ["no JSON", "{"],
  ["an array", "[]"],
  ["nesting too deep for the parser", "[".repeat(200_000)],
  ["a schema in a schema, and so on", deepSchema()],
])("a body that is %s is a 400", async (_, body) => {
  await using stage = await startStage();
  const refused = await stage.call("POST", "/v1beta/models/gemini-2.5-flash:generateContent", {
    body,
  });
  expect([refused.status, refused.json.error.status]).toEqual([400, "INVALID_ARGUMENT"]);
});

function deepSchema(): string {
  const depth = 20_000;
  const schema = `${'{"items":'.repeat(depth)}{}${"}".repeat(depth)}`;
  return `{"generationConfig":{"responseSchema":${schema}}}`;
}

test.each([
  [429, "RESOURCE_EXHAUSTED"],
  [500, "INTERNAL"],
  [503, "UNAVAILABLE"],
])(
  "an injected %i is worded as Google words it, and nothing is performed",
  async (status, word) => {
    await using stage = await startStage();
    stage.control.inject({ kind: "status", status, path: ":batchGenerateContent$" });
    await expect(createBatch(stage, [generateLine("a")])).rejects.toThrow(word);
    expect(stage.control.batches()).toEqual([]);
    await createBatch(stage, [generateLine("a")]);
    expect(stage.control.batches()).toHaveLength(1);
  },
);

test("a lost reply leaves a batch behind, since a create isn't idempotent", async () => {
  await using stage = await startStage();
  stage.control.inject({ kind: "lostReply", path: ":batchGenerateContent$" });
  await expect(createBatch(stage, [generateLine("a")])).rejects.toThrow("fetch failed");
  await createBatch(stage, [generateLine("a")]);
  expect(stage.control.batches()).toHaveLength(2);
});

test("a download can be cut off", async () => {
  await using stage = await startStage();
  const batch = await createBatch(stage, [generateLine("a")]);
  await stage.control.complete(batch);
  stage.control.inject({ kind: "cutOff", path: ":download$", afterBytes: 10 });
  const output = batch.replace("batches/", "files/batch-");
  await expect(stage.call("GET", `/v1beta/${output}:download?alt=media`)).rejects.toThrow(
    /terminated|fetch failed/,
  );
});

test("models are listed with what they can do", async () => {
  await using stage = await startStage({
    models: [{ name: "tunedModels/mine", kind: "generate" }],
  });
  const { models, nextPageToken } = (await stage.call("GET", "/v1beta/models?pageSize=3")).json;
  expect(models).toHaveLength(3);
  const rest = (await stage.call("GET", `/v1beta/models?pageToken=${nextPageToken}`)).json.models;
  expect(rest.at(-1).name).toBe("tunedModels/mine");
  const model = await stage.call("GET", "/v1beta/models/gemini-embedding-001");
  expect(model.json.supportedGenerationMethods).toContain("asyncBatchEmbedContent");
  const created = await stage.call("POST", "/v1beta/tunedModels/mine:batchGenerateContent", {
    json: { batch: { inputConfig: { requests: { requests: [JSON.parse(generateLine("a"))] } } } },
  });
  expect(created.json.error.message).toContain('Unknown name "key"');
});
