import { APIError, toFile } from "openai";
import { expect, test } from "vitest";
import { startStage, uploadLines } from "./stage.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400;

test("a file goes in, is shown, comes out byte for byte and is deleted", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { client } = stage;
  const bytes = Buffer.from("a\r\n--b\r\n\0ü\n".repeat(50_000));
  const file = await client.files.create({
    file: await toFile(bytes, 'täst "x".jsonl'),
    purpose: "batch",
  });
  expect(file).toEqual({
    id: expect.stringMatching(/^file-[A-Za-z0-9]{22}$/),
    object: "file",
    bytes: bytes.length,
    created_at: NOW / 1_000,
    expires_at: NOW / 1_000 + 30 * DAY,
    filename: 'täst "x".jsonl',
    purpose: "batch",
    status: "processed",
    status_details: null,
  });
  expect(await client.files.retrieve(file.id)).toEqual(file);
  const content = await client.files.content(file.id);
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
  expect(await client.files.delete(file.id)).toEqual({
    id: file.id,
    object: "file",
    deleted: true,
  });
  await expect(client.files.retrieve(file.id)).rejects.toMatchObject({
    status: 404,
    message: `404 No such File object: ${file.id}`,
    param: "id",
    code: null,
  });
  expect(stage.checkedReplies()).toBe(4);
});

test.each(["assistants", "fine-tune", "vision", "user_data"] as const)(
  "a file for %s never expires by itself",
  async (purpose) => {
    await using stage = await startStage();
    const file = await stage.client.files.create({ file: new File(["{}"], "a.txt"), purpose });
    expect(file.expires_at).toBeNull();
  },
);

test("evals is a purpose as well, though not one of the file's own schema", async () => {
  await using stage = await startStage();
  const reply = await stage.call("POST", "/files", { body: form({ purpose: "evals" }) });
  expect(reply.status).toBe(200);
});

test("an upload says how long its file is to live, and the clock ends it", async () => {
  await using stage = await startStage({ now: () => NOW });
  const file = await stage.client.files.create({
    file: new File(["x"], "a.jsonl"),
    purpose: "batch",
    expires_after: { anchor: "created_at", seconds: 3_600 },
  });
  expect(file.expires_at).toBe(NOW / 1_000 + 3_600);
  stage.control.advanceClock(3_599_000);
  expect((await stage.client.files.list()).data).toHaveLength(1);
  stage.control.advanceClock(1_000);
  expect((await stage.client.files.list()).data).toHaveLength(0);
  await expect(stage.client.files.content(file.id)).rejects.toMatchObject({ status: 404 });
});

function form(
  fields: Readonly<Record<string, string>>,
  file: { readonly name?: string } | null = {},
): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  if (file !== null) data.append("file", new File(["{}\n"], file.name ?? "a.jsonl"));
  return data;
}

function withTwoFiles(): FormData {
  const data = form({ purpose: "batch" });
  data.append("file", new File(["{}"], "b.jsonl"));
  return data;
}

test.each<[string, FormData, string | null, string | null]>([
  ["no file", form({ purpose: "batch" }, null), "file", "missing_required_parameter"],
  ["no purpose", form({}), "purpose", "missing_required_parameter"],
  ["an unknown purpose", form({ purpose: "poetry" }), "purpose", "invalid_value"],
  ["a batch file that isn't .jsonl", form({ purpose: "batch" }, { name: "a.txt" }), null, null],
  ["a second file", withTwoFiles(), "file", null],
  [
    "an unknown field",
    form({ purpose: "batch", provider: "openai" }),
    "provider",
    "unknown_parameter",
  ],
  [
    "an unknown anchor",
    form({
      purpose: "batch",
      "expires_after[anchor]": "now",
      "expires_after[seconds]": "3600",
    }),
    "expires_after.anchor",
    "invalid_value",
  ],
  [
    "a lifetime of less than an hour",
    form({
      purpose: "batch",
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": "3599",
    }),
    "expires_after.seconds",
    "invalid_value",
  ],
  [
    "a lifetime without its anchor",
    form({ purpose: "batch", "expires_after[seconds]": "3600" }),
    "expires_after.anchor",
    "missing_required_parameter",
  ],
  ["a field that is too long", form({ purpose: "x".repeat(100_000) }), "purpose", null],
])("a form with %s is refused and leaves no file", async (...[, body, param, code]) => {
  await using stage = await startStage();
  const reply = await stage.call("POST", "/files", { body });
  expect(reply.status).toBe(400);
  expect(reply.json()).toEqual({
    error: { message: expect.any(String), type: "invalid_request_error", param, code },
  });
  expect(stage.control.files()).toEqual([]);
});

test.each<[string, string, string]>([
  ["another content type", "application/json", "{}"],
  ["no boundary", "multipart/form-data", "{}"],
  [
    "its end missing",
    "multipart/form-data; boundary=b",
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n',
  ],
  ["a part without a name", "multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b--\r\n"],
])("a form with %s is refused", async (_, type, body) => {
  await using stage = await startStage();
  const reply = await stage.call("POST", "/files", { body, headers: { "content-type": type } });
  expect(reply.status).toBe(400);
  expect(stage.control.files()).toEqual([]);
});

test("a file over the limit is refused with 413 and leaves nothing", async () => {
  await using stage = await startStage({ limits: { fileBytes: 100_000 } });
  const create = (bytes: number) =>
    stage.client.files.create({ file: new File(["x".repeat(bytes)], "a.bin"), purpose: "vision" });
  await expect(create(100_001)).rejects.toMatchObject({ status: 413 });
  expect((await create(100_000)).bytes).toBe(100_000);
  expect(stage.control.files()).toHaveLength(1);
});

test.each(["assistants", "vision", "user_data"] as const)(
  "a file for %s can't be downloaded",
  async (purpose) => {
    await using stage = await startStage();
    const file = await stage.client.files.create({ file: new File(["x"], "a.txt"), purpose });
    await expect(stage.client.files.content(file.id)).rejects.toThrow(
      `Not allowed to download files of purpose: ${purpose}`,
    );
  },
);

test("the official iterator sees 250 files once each, in pages, newest first", async () => {
  await using stage = await startStage();
  const made: string[] = [];
  for (let index = 0; index < 250; index += 1) {
    const file = new File(["{}"], `${index}.jsonl`);
    const purpose = index % 2 === 0 ? "batch" : "fine-tune";
    made.push((await stage.client.files.create({ file, purpose })).id);
  }
  stage.control.clearJournal();
  const seen: string[] = [];
  for await (const file of stage.client.files.list({ limit: 100 })) seen.push(file.id);
  expect(seen).toEqual(made.toReversed());
  expect(stage.control.journal()).toHaveLength(3);
  const oldest: string[] = [];
  for await (const file of stage.client.files.list({ limit: 40, order: "asc", purpose: "batch" })) {
    oldest.push(file.id);
  }
  expect(oldest).toEqual(made.filter((_, index) => index % 2 === 0));
  const all = await stage.call("GET", "/files");
  expect(all.json()).toMatchObject({ has_more: false, first_id: made[249], last_id: made[0] });
});

test.each([
  ["limit=0", "limit", "integer_below_min_value"],
  ["limit=10001", "limit", "integer_above_max_value"],
  ["limit=x", "limit", "invalid_type"],
  ["order=up", "order", "invalid_value"],
])("a list with %s is refused", async (query, param, code) => {
  await using stage = await startStage();
  const reply = await stage.call("GET", `/files?${query}`);
  expect(reply.status).toBe(400);
  expect(reply.json()).toMatchObject({ error: { param, code } });
});

test("a list after an unknown file is a 404", async () => {
  await using stage = await startStage();
  await expect(stage.client.files.list({ after: "file-none" })).rejects.toThrow(APIError);
  expect((await stage.call("GET", "/files?after=file-none")).status).toBe(404);
});

test.each([
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-2", 206, "89", "bytes 8-9/10"],
  ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
  ["lines=1-2", 200, "0123456789", null],
])("content with Range %s answers %i", async (...[range, status, text, contentRange]) => {
  await using stage = await startStage();
  const file = await uploadLines(stage, []);
  const body = form({ purpose: "batch" }, null);
  body.append("file", new File(["0123456789"], "a.jsonl"));
  const created = (await stage.call("POST", "/files", { body })).json() as { id: string };
  const part = await stage.call("GET", `/files/${created.id}/content`, { headers: { range } });
  expect(part).toMatchObject({ status, text });
  expect(part.headers.get("content-range")).toBe(contentRange);
  const beyond = await stage.call("GET", `/files/${file.id}/content`, {
    headers: { range: "bytes=0-1" },
  });
  expect(beyond.status).toBe(416);
});

test("an empty file may be uploaded, and its content is empty", async () => {
  await using stage = await startStage();
  const file = await uploadLines(stage, []);
  expect(file.bytes).toBe(0);
  expect(await (await stage.client.files.content(file.id)).text()).toBe("");
});

test("fields may come before or after the file", async () => {
  await using stage = await startStage();
  for (const fieldFirst of [true, false]) {
    const body = new FormData();
    if (fieldFirst) body.append("purpose", "batch");
    body.append("file", new File(["{}"], "a.jsonl"));
    if (!fieldFirst) body.append("purpose", "batch");
    expect((await stage.call("POST", "/files", { body })).status).toBe(200);
  }
});
