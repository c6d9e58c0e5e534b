import { expect, test } from "vitest";
import { sendCommand } from "../../../src/emulators/control-routes.ts";
import { createBatch, generateLine, KEY, readRows, startStage, upload } from "./stage.ts";

type Stage = Awaited<ReturnType<typeof startStage>>;

const CREATE = "/v1beta/models/gemini-2.5-flash:batchGenerateContent";

async function show(stage: Stage, batch: string) {
  return (await stage.call("GET", `/v1beta/${batch}`)).json;
}

test("a batch goes from pending to succeeded, and its operation looks like the live one", async () => {
  const now = Date.UTC(2026, 7, 20, 20, 8, 31, 15);
  await using stage = await startStage({ now: () => now });
  const fileName = await upload(stage, `${generateLine("a")}\n${generateLine("b")}\n`);
  const time = "2026-08-20T20:08:31.015405218Z";
  const created = await stage.call("POST", CREATE, {
    json: { batch: { displayName: "d", priority: 3, inputConfig: { fileName } } },
  });
  const { name } = created.json;
  expect(name).toMatch(/^batches\/[a-z0-9]{36}$/);
  const type = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch";
  const metadata = {
    "@type": type,
    model: "models/gemini-2.5-flash",
    displayName: "d",
    priority: "3",
    inputConfig: { fileName },
    createTime: time,
    updateTime: time,
    batchStats: { requestCount: "2", pendingRequestCount: "2" },
    state: "BATCH_STATE_PENDING",
    name,
  };
  expect(created.json).toEqual({ name, metadata });
  expect(await stage.control.advance(name)).toBe("RUNNING");
  expect(await stage.control.run(name, 1)).toBe("RUNNING");
  expect((await show(stage, name)).metadata).toMatchObject({
    state: "BATCH_STATE_RUNNING",
    batchStats: { requestCount: "2", pendingRequestCount: "1", successfulRequestCount: "1" },
  });
  expect(await stage.control.complete(name.replace("batches/", ""))).toBe("SUCCEEDED");
  const output = { responsesFile: `files/${name.replace("batches/", "batch-")}` };
  expect(await show(stage, name)).toEqual({
    name,
    metadata: {
      ...metadata,
      state: "BATCH_STATE_SUCCEEDED",
      endTime: time,
      batchStats: { requestCount: "2", successfulRequestCount: "2" },
      output,
    },
    done: true,
    response: { "@type": `${type}Output`, ...output },
  });
  expect(stage.checkedReplies()).toBe(4);
});

test("rows come in the order of the input, and their keys come first or last", async () => {
  await using stage = await startStage();
  const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
  const batch = await createBatch(
    stage,
    keys.map((key) => generateLine(key)),
  );
  await stage.control.complete(batch);
  const rows = await readRows(stage, batch);
  expect(rows.map((row) => row.key)).toEqual(keys);
  const first = new Set(rows.map((row) => Object.keys(row)[0]));
  expect(first).toEqual(new Set(["key", "response"]));
});

test("a line that is refused is a row with an error, and a line without a key is told by its place", async () => {
  await using stage = await startStage();
  const hot = { generationConfig: { temperature: 3 } };
  const { request } = JSON.parse(generateLine("x"));
  const lines = [
    generateLine("a", hot),
    JSON.stringify({ request }),
    "",
    ` ${generateLine("c")}\r`,
  ];
  const batch = await createBatch(stage, lines);
  await stage.control.complete(batch);
  const [refused, nameless, last] = await readRows(stage, batch);
  expect(refused).toEqual({
    key: "a",
    error: { code: 3, message: expect.stringContaining("generation_config.temperature") },
  });
  expect(Object.keys(nameless)).toEqual(["response"]);
  expect(last.key).toBe("c");
  expect((await show(stage, batch)).metadata.batchStats).toEqual({
    requestCount: "3",
    successfulRequestCount: "2",
    failedRequestCount: "1",
  });
});

test.each([
  ["no JSON", "{", "not valid JSON"],
  ["a list", "[]", "message"],
  ["an unknown field beside the request", '{"custom_id":"a"}', 'Unknown name "custom_id"'],
  ["no request", '{"key":"a"}', "no request"],
  ["a configuration as SDKs have it", generateLine("a", { config: {} }), 'Unknown name "config"'],
  [
    "a configuration that is flattened",
    generateLine("a", { thinking_config: {} }),
    "Unknown name \"thinking_config\" at 'request'",
  ],
  [
    "a wrong type",
    generateLine("a", { generationConfig: { temperature: "hot" } }),
    "Invalid value at 'request.generation_config.temperature' (TYPE_FLOAT)",
  ],
  [
    "an unknown word",
    generateLine("a", { toolConfig: { functionCallingConfig: { mode: "SOMETIMES" } } }),
    "mode",
  ],
  ["another model", generateLine("a", { model: "models/gemini-2.5-pro" }), "gemini-2.5-pro"],
  [
    "a part that is two things",
    generateLine("a", { contents: [{ parts: [{ text: "a", inlineData: {} }] }] }),
    "oneof",
  ],
])("one line with %s, and there is no batch", async (_, line, problem) => {
  await using stage = await startStage();
  const fileName = await upload(stage, `${generateLine("fine")}\n${line}\n`);
  const refused = await stage.call("POST", CREATE, {
    json: { batch: { inputConfig: { fileName } } },
  });
  expect([refused.status, refused.json.error.status]).toEqual([400, "INVALID_ARGUMENT"]);
  expect(refused.json.error.message).toContain("Line 2 of files/");
  expect(refused.json.error.message).toContain(problem);
  expect(stage.control.batches()).toEqual([]);
});

test.each([
  ["an unknown model", "nope:batchGenerateContent", {}, 404],
  ["a model that can't", "gemini-embedding-001:batchGenerateContent", {}, 404],
  [
    "a file that isn't there",
    "gemini-2.5-flash:batchGenerateContent",
    { fileName: "files/x" },
    403,
  ],
  ["no input", "gemini-2.5-flash:batchGenerateContent", {}, 400],
  [
    "two inputs",
    "gemini-2.5-flash:batchGenerateContent",
    { fileName: "files/x", requests: { requests: [] } },
    400,
  ],
  [
    "inline requests that aren't nested twice",
    "gemini-2.5-flash:batchGenerateContent",
    { requests: [] },
    400,
  ],
])("a create with %s is refused", async (...[, method, inputConfig, status]) => {
  await using stage = await startStage();
  const json = { batch: { inputConfig } };
  expect((await stage.call("POST", `/v1beta/models/${method}`, { json })).status).toBe(status);
});

test("an empty file makes no batch", async () => {
  await using stage = await startStage();
  await expect(createBatch(stage, [""])).rejects.toThrow("has no requests");
});

function inline(items: readonly unknown[]) {
  return { batch: { displayName: "d", inputConfig: { requests: { requests: items } } } };
}

test("inline requests have inline responses, in both places, and the list leaves them out", async () => {
  await using stage = await startStage();
  const { request } = JSON.parse(generateLine("a"));
  const items = [
    { request, metadata: { key: "a" } },
    { request: { ...request, generation_config: { top_p: 2 } }, metadata: { key: "b" } },
  ];
  const { name } = (await stage.call("POST", CREATE, { json: inline(items) })).json;
  await stage.control.complete(name);
  const { metadata, response } = await show(stage, name);
  expect(metadata.inputConfig).toBeUndefined();
  expect(response.inlinedResponses).toEqual(metadata.output.inlinedResponses);
  const [fine, refused] = response.inlinedResponses.inlinedResponses;
  expect(fine).toMatchObject({
    metadata: { key: "a" },
    response: { modelVersion: "gemini-2.5-flash" },
  });
  expect(refused).toMatchObject({ metadata: { key: "b" }, error: { code: 3 } });
  const list = (await stage.call("GET", "/v1beta/batches")).json.operations;
  expect(list[0].metadata.output).toBeUndefined();
});

test("inline requests of 20 MB or more are refused", async () => {
  await using stage = await startStage();
  const text = "x".repeat(20 * 1024 * 1024);
  const request = { contents: [{ parts: [{ text }] }] };
  const refused = await stage.call("POST", CREATE, { json: inline([{ request }]) });
  expect(refused.json.error.message).toContain("exceeds the limit");
});

test("a batch of embeddings answers with vectors, from a file and inline", async () => {
  await using stage = await startStage();
  const method = "gemini-embedding-001:asyncBatchEmbedContent";
  const content = { parts: [{ text: "a" }] };
  const line = JSON.stringify({ key: "a", request: { content, output_dimensionality: 128 } });
  const batch = await createBatch(stage, [line], method);
  await stage.control.complete(batch);
  const [row] = await readRows(stage, batch);
  expect(row.response.embedding.values).toHaveLength(128);
  const json = inline([{ request: { content, outputDimensionality: 5 } }]);
  const { name } = (await stage.call("POST", `/v1beta/models/${method}`, { json })).json;
  await stage.control.complete(name);
  const { metadata, response } = await show(stage, name);
  expect(metadata["@type"]).toMatch(/EmbedContentBatch$/);
  expect(response.inlinedResponses.inlinedResponses).toEqual([
    { response: { embedding: { values: row.response.embedding.values.slice(0, 5) } } },
  ]);
});

test("JSON Schemas are mishandled in a batch without a word, and the API's own are not", async () => {
  await using stage = await startStage();
  const properties = { age: { type: "INTEGER" } };
  const own = { type: "OBJECT", properties, required: ["age"] };
  const config = { responseMimeType: "application/json" };
  const batch = await createBatch(stage, [
    generateLine("own", { generationConfig: { ...config, responseSchema: own } }),
    generateLine("json", {
      generationConfig: { ...config, responseJsonSchema: { type: "object" } },
    }),
  ]);
  await stage.control.complete(batch);
  const [good, bad] = (await readRows(stage, batch)).map(
    ({ response }) => response.candidates[0].content.parts[0].text,
  );
  expect(JSON.parse(good)).toEqual({ age: expect.any(Number) });
  expect(JSON.parse(bad)).toEqual([{ "": null }]);
});

test("a cancelled batch is running until it is seen to be cancelled, and has no output", async () => {
  await using stage = await startStage();
  const batch = await createBatch(stage, [generateLine("a"), generateLine("b")]);
  await stage.control.run(batch, 1);
  expect((await stage.call("POST", `/v1beta/${batch}:cancel`)).json).toEqual({});
  expect((await stage.call("POST", `/v1beta/${batch}:cancel`, { json: {} })).json).toEqual({});
  expect((await show(stage, batch)).metadata.state).toBe("BATCH_STATE_RUNNING");
  expect(await stage.control.advance(batch)).toBe("CANCELLED");
  const ended = await show(stage, batch);
  expect(ended).toMatchObject({ done: true, error: { code: 13 } });
  expect([ended.response, ended.metadata.output]).toEqual([undefined, undefined]);
  const late = await stage.call("POST", `/v1beta/${batch}:cancel`);
  expect(late.json.error.status).toBe("FAILED_PRECONDITION");
});

test("a batch that hasn't ended after 48 hours expires without output", async () => {
  await using stage = await startStage();
  const batch = await createBatch(stage, [generateLine("a"), generateLine("b")]);
  await stage.control.run(batch, 1);
  stage.control.advanceClock(48 * 3_600_000 - 60_000);
  expect((await show(stage, batch)).metadata.state).toBe("BATCH_STATE_RUNNING");
  stage.control.advanceClock(60_000);
  const ended = await show(stage, batch);
  expect(ended).toMatchObject({ done: true, metadata: { state: "BATCH_STATE_EXPIRED" } });
  expect([ended.response, ended.metadata.output]).toEqual([undefined, undefined]);
});

test("a batch can fail as a whole", async () => {
  await using stage = await startStage();
  const batch = await createBatch(stage, [generateLine("a")]);
  expect(await stage.control.failBatch(batch, "out of luck")).toBe("FAILED");
  expect(await show(stage, batch)).toMatchObject({
    done: true,
    error: { code: 13, message: "out of luck" },
    metadata: { state: "BATCH_STATE_FAILED" },
  });
});

test("a deleted batch is gone with its results, for everyone", async () => {
  await using stage = await startStage({ apiKeys: [KEY, { key: "other", project: "other" }] });
  const batch = await createBatch(stage, [generateLine("a")]);
  expect((await stage.call("GET", `/v1beta/${batch}`, { key: "other" })).status).toBe(404);
  expect((await stage.call("DELETE", `/v1beta/${batch}`, { json: {} })).json).toEqual({});
  expect((await stage.call("DELETE", `/v1beta/${batch}`)).status).toBe(404);
  expect((await stage.call("GET", `/v1beta/${batch}`)).status).toBe(404);
  expect(await stage.control.complete(batch)).toBe("SUCCEEDED");
  expect(stage.control.files().map((file) => file.source)).toEqual(["UPLOADED"]);
  expect((await stage.call("GET", "/v1beta/batches")).json).toEqual({});
});

test("more than 250 batches are listed page by page, the newest first", async () => {
  await using stage = await startStage({ limits: { concurrentBatches: 1_000 } });
  const { request } = JSON.parse(generateLine("a"));
  const names: string[] = [];
  for (let index = 0; index < 251; index += 1) {
    names.unshift((await stage.call("POST", CREATE, { json: inline([{ request }]) })).json.name);
  }
  const seen: string[] = [];
  let path = "/v1beta/batches?pageSize=500";
  while (path !== "") {
    const { operations, nextPageToken } = (await stage.call("GET", path)).json;
    seen.push(...operations.map((operation: { name: string }) => operation.name));
    path = nextPageToken === undefined ? "" : `/v1beta/batches?pageToken=${nextPageToken}`;
  }
  expect(seen).toEqual(names);
});

test("too many batches at a time are refused", async () => {
  await using stage = await startStage({ limits: { concurrentBatches: 1 } });
  const batch = await createBatch(stage, [generateLine("a")]);
  await expect(createBatch(stage, [generateLine("b")])).rejects.toThrow("RESOURCE_EXHAUSTED");
  await stage.control.complete(batch);
  await createBatch(stage, [generateLine("b")]);
});

test("a batch may have succeeded before its output is there", async () => {
  await using stage = await startStage();
  stage.control.delayOutput(2);
  const batch = await createBatch(stage, [generateLine("a")]);
  await stage.control.complete(batch);
  const looks = [await show(stage, batch), await show(stage, batch), await show(stage, batch)];
  expect(looks.map((look) => look.metadata.state)).toEqual(Array(3).fill("BATCH_STATE_SUCCEEDED"));
  expect(looks.map((look) => look.response.responsesFile !== undefined)).toEqual([
    false,
    false,
    true,
  ]);
  expect(looks.map((look) => look.metadata.output !== undefined)).toEqual([false, false, true]);
});

test("lines fail, are left out and come twice as the control says", async () => {
  await using stage = await startStage();
  const { controlUrl } = stage.emulator;
  await sendCommand(controlUrl, "failLine", 1, { status: 429 });
  await sendCommand(controlUrl, "failLine", "b", {
    status: 504,
    body: { code: 4, message: "late" },
  });
  await sendCommand(controlUrl, "omitLine", "c");
  await sendCommand(controlUrl, "duplicateLine", 4);
  await sendCommand(controlUrl, "failLine", "e", {
    status: 200,
    body: { promptFeedback: { blockReason: "SAFETY" } },
  });
  const batch = await createBatch(
    stage,
    ["a", "b", "c", "d", "e"].map((key) => generateLine(key)),
  );
  expect(await sendCommand(controlUrl, "complete", batch)).toBe("SUCCEEDED");
  const rows = await readRows(stage, batch);
  expect(rows.map((row) => row.key)).toEqual(["a", "b", "d", "d", "e"]);
  expect(rows[0].error.code).toBe(8);
  expect(rows[1].error).toEqual({ code: 4, message: "late" });
  expect(rows[4].response).toEqual({ promptFeedback: { blockReason: "SAFETY" } });
  expect((await show(stage, batch)).metadata.batchStats).toEqual({
    requestCount: "5",
    successfulRequestCount: "3",
    failedRequestCount: "2",
  });
  expect(await sendCommand(controlUrl, "batches")).toEqual([
    { id: batch, state: "SUCCEEDED", lines: 5, metadata: { displayName: "d" } },
  ]);
});

test("at full speed a batch ends by itself, and the same lines have the same results", async () => {
  const outputs: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    await using stage = await startStage({ speed: "instant" });
    const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
    const batch = await createBatch(
      stage,
      keys.map((key) => generateLine(key)),
    );
    await expect.poll(async () => (await show(stage, batch)).done).toBe(true);
    outputs.push((await readRows(stage, batch)).map((row) => JSON.stringify(row)));
  }
  expect(outputs[0]).toEqual(outputs[1]);
});

test("a batch goes on though its input file is deleted", async () => {
  await using stage = await startStage();
  const fileName = await upload(stage, generateLine("a"));
  const json = { batch: { input_config: { file_name: fileName }, display_name: "snake" } };
  const created = await stage.call("POST", CREATE, { json });
  expect(created.json.metadata.displayName).toBe("snake");
  await stage.call("DELETE", `/v1beta/${fileName}`);
  await stage.control.complete(created.json.name);
  expect(await readRows(stage, created.json.name)).toHaveLength(1);
});
