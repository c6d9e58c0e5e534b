import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { KEY, OLD_VERSION, startStage } from "./stage.ts";

const NOW = Date.UTC(2026, 0, 1);
const BETA = { "x-api-key": KEY, ...OLD_VERSION, "anthropic-beta": "a,files-api-2025-04-14" };

function textFile(name = "a.txt", content = "hello", type = "text/plain") {
  return new File([content], name, { type });
}

async function refusalOf(stage: Stage, form: FormData) {
  const reply = await stage.call("POST", "/v1/files", { body: form });
  expect(stage.control.files()).toEqual([]);
  return { status: reply.status, body: reply.json() };
}

test("a file is uploaded, described and deleted", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { files } = stage.client;
  const made = await files.upload({ file: textFile() });
  expect(made).toEqual({
    id: expect.stringMatching(/^file_01[A-Za-z0-9]{22}$/),
    type: "file",
    filename: "a.txt",
    mime_type: "text/plain",
    size_bytes: 5,
    created_at: "2026-01-01T00:00:00.000Z",
    downloadable: false,
    expires_at: null,
  });
  expect(await files.retrieveMetadata(made.id)).toEqual(made);
  expect((await stage.client.beta.files.list()).data).toEqual([made]);
  expect(await files.delete(made.id)).toEqual({ id: made.id, type: "file_deleted" });
  await expect(files.retrieveMetadata(made.id)).rejects.toMatchObject({
    status: 404,
    error: { error: { type: "not_found_error", message: `File not found: ${made.id}` } },
  });
  expect(stage.checkedReplies()).toBe(5);
});

test("only what a tool made can be read back", async () => {
  await using stage = await startStage();
  const { files } = stage.client;
  const content = "é".repeat(300_000);
  const made = await files.upload({ file: textFile("a.txt", content) });
  await expect(files.download(made.id)).rejects.toMatchObject({
    status: 400,
    errorCode: "file_not_downloadable",
  });
  stage.control.makeDownloadable(made.id);
  const download = await files.download(made.id);
  expect(download.headers.get("content-type")).toBe("text/plain");
  expect(await download.text()).toBe(content);
  expect(stage.control.files()).toEqual([
    { id: made.id, filename: "a.txt", bytes: 600_000, downloadable: true },
  ]);
});

test("a file with a lifetime expires, and says so", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { files } = stage.client;
  const made = await files.upload({ file: textFile(), expires_in_seconds: 3_600 });
  expect(made.expires_at).toBe("2026-01-01T01:00:00.000Z");
  stage.control.advanceClock(3_599_999);
  expect((await files.list()).data).toHaveLength(1);
  stage.control.advanceClock(1);
  expect((await files.list()).data).toEqual([]);
  await expect(files.retrieveMetadata(made.id)).rejects.toBeInstanceOf(
    Anthropic.Files.FileExpiredError,
  );
});

test("both generations of clients page through 250 files, newest first", async () => {
  await using stage = await startStage();
  const made: string[] = [];
  for (let count = 0; count < 250; count += 1) {
    made.push((await stage.client.files.upload({ file: textFile(`f${count}.txt`) })).id);
  }
  const newestFirst = made.toReversed();
  expect((await stage.client.files.list()).data.map(({ id }) => id)).toEqual(
    newestFirst.slice(0, 20),
  );
  const paged: string[] = [];
  for await (const { id } of stage.client.files.list({ limit: 100 })) paged.push(id);
  expect(paged).toEqual(newestFirst);
  const some = made.slice(10, 13);
  const chosen = await stage.client.files.list({ ids: some });
  expect(chosen.data.map(({ id }) => id).toSorted()).toEqual(some.toSorted());

  const list = async (query: string) =>
    (await stage.call("GET", `/v1/files?${query}`, { headers: BETA })).json();
  expect(await list("limit=1000")).toMatchObject({
    has_more: false,
    first_id: newestFirst[0],
    last_id: made[0],
  });
  const after = await list(`limit=2&after_id=${newestFirst[0]}`);
  expect(after).toEqual({
    data: [
      expect.objectContaining({ id: newestFirst[1] }),
      expect.objectContaining({ id: newestFirst[2] }),
    ],
    has_more: true,
    first_id: newestFirst[1],
    last_id: newestFirst[2],
  });
  expect(await list(`limit=2&before_id=${newestFirst[3]}`)).toMatchObject({
    has_more: true,
    first_id: newestFirst[1],
  });
});

test.each([
  ["limit=1001", "limit: Input should be less than or equal to 1000"],
  ["page=page_none", "page: Invalid page token"],
  ["after_id=file_none", "after_id: Extra inputs are not permitted"],
  [
    Array.from({ length: 101 }, () => "ids[]=a").join("&"),
    "ids: List should have at most 100 items",
  ],
])("a list is refused: %#", async (query, message) => {
  await using stage = await startStage();
  const reply = await stage.call("GET", `/v1/files?${query}`);
  expect(reply.status).toBe(400);
  expect(reply.json()).toMatchObject({ error: { type: "invalid_request_error", message } });
});

test.each([
  "a/b.txt",
  "a\\b.txt",
  "a:b",
  "a<b",
  "a>b",
  "a|b",
  "a?b",
  "a*b",
  'a"b',
  "a\nb",
  "x".repeat(256),
  "",
])("a file named %j is refused", async (name) => {
  await using stage = await startStage();
  const form = new FormData();
  form.append("file", textFile(), name);
  expect(await refusalOf(stage, form)).toMatchObject({
    status: 400,
    body: { error: { type: "invalid_request_error", message: expect.stringMatching(/^file: /) } },
  });
});

test.each([
  ["expires_in_seconds", "3599", /greater than or equal to 3600$/],
  ["expires_in_seconds", "7776001", /less than or equal to 7776000$/],
  ["expires_in_seconds", "x", /valid integer$/],
  ["purpose", "batch", /^purpose: Extra inputs are not permitted$/],
])("a form with %s %s is refused", async (name, value, message) => {
  await using stage = await startStage();
  const form = new FormData();
  form.append("file", textFile());
  form.append(name, value);
  expect(await refusalOf(stage, form)).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(message) } },
  });
});

test("a form without a file is refused", async () => {
  await using stage = await startStage();
  const form = new FormData();
  form.append("expires_in_seconds", "3600");
  expect(await refusalOf(stage, form)).toMatchObject({
    status: 400,
    body: { error: { message: "file: Field required" } },
  });
});

test("a file too large is a 413, and one too many for the storage a 400", async () => {
  await using stage = await startStage({ limits: { fileBytes: 100, storageBytes: 150 } });
  const { files } = stage.client;
  const form = new FormData();
  form.append("file", textFile("a.txt", "x".repeat(101)));
  expect(await refusalOf(stage, form)).toMatchObject({
    status: 413,
    body: { error: { type: "request_too_large" } },
  });
  await files.upload({ file: textFile("a.txt", "x".repeat(100)) });
  await expect(files.upload({ file: textFile("b.txt", "x".repeat(51)) })).rejects.toMatchObject({
    status: 400,
    errorCode: "storage_quota_exceeded",
  });
});
