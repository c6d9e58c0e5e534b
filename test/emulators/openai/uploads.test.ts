import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { chatLine, startStage } from "./stage.ts";

const NOW = Date.UTC(2026, 0, 1);

interface UploadChanges {
  readonly bytes?: number;
  readonly filename?: string;
  readonly purpose?: "batch" | "assistants";
}

async function startUpload(stage: Stage, changes: UploadChanges = {}) {
  return stage.client.uploads.create({
    filename: "big.jsonl",
    purpose: "batch",
    bytes: 6,
    mime_type: "application/jsonl",
    ...changes,
  });
}

async function addPart(stage: Stage, uploadId: string, content: string) {
  const data = new File([content], "part");
  return (await stage.client.uploads.parts.create(uploadId, { data })).id;
}

test("parts make a file in the order in which they are named", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { client } = stage;
  const upload = await startUpload(stage);
  expect(upload).toEqual({
    id: expect.stringMatching(/^upload_/),
    object: "upload",
    bytes: 6,
    created_at: NOW / 1_000,
    expires_at: NOW / 1_000 + 3_600,
    filename: "big.jsonl",
    purpose: "batch",
    status: "pending",
    file: null,
  });
  const [first, second, unused] = await Promise.all(
    ["abc", "def", "ghi"].map((content) => addPart(stage, upload.id, content)),
  );
  const completed = await client.uploads.complete(upload.id, {
    part_ids: [second ?? "", first ?? ""],
    md5: createHash("md5").update("defabc").digest("hex"),
  });
  expect(unused).toBeDefined();
  expect(completed).toMatchObject({
    status: "completed",
    file: { object: "file", bytes: 6, filename: "big.jsonl", purpose: "batch" },
  });
  const content = await client.files.content(completed.file?.id ?? "");
  expect(await content.text()).toBe("defabc");
  expect(stage.checkedReplies()).toBe(5);
});

test("a batch runs over a file that came in parts", async () => {
  await using stage = await startStage();
  const lines = `${chatLine("a")}\n${chatLine("b")}\n`;
  const upload = await startUpload(stage, { bytes: lines.length });
  const parts = [lines.slice(0, 50), lines.slice(50)];
  const part_ids: string[] = [];
  for (const part of parts) part_ids.push(await addPart(stage, upload.id, part));
  const { file } = await stage.client.uploads.complete(upload.id, { part_ids });
  const batch = await stage.client.batches.create({
    input_file_id: file?.id ?? "",
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  expect(await stage.control.complete(batch.id)).toBe("completed");
  expect(stage.control.batches()).toMatchObject([{ lines: 2 }]);
});

test.each<[string, (ids: readonly string[]) => object, string]>([
  ["too few bytes", (ids) => ({ part_ids: ids.slice(0, 1) }), "does not match the number of bytes"],
  ["an unknown part", () => ({ part_ids: ["part_none"] }), "No such Part object: part_none"],
  ["a part twice", (ids) => ({ part_ids: [ids[0], ids[0]] }), "is named twice"],
  ["no parts", () => ({ part_ids: [] }), "empty array"],
  ["nothing", () => ({}), "Missing required parameter: 'part_ids'"],
  ["another md5", (ids) => ({ part_ids: ids, md5: "0".repeat(32) }), "md5"],
])("completing with %s is refused, and may be tried again", async (_, body, message) => {
  await using stage = await startStage();
  const upload = await startUpload(stage);
  const ids = [await addPart(stage, upload.id, "abc"), await addPart(stage, upload.id, "def")];
  const refused = await stage.call("POST", `/uploads/${upload.id}/complete`, { json: body(ids) });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain(message);
  expect(stage.control.files()).toEqual([]);
  const completed = await stage.client.uploads.complete(upload.id, { part_ids: ids });
  expect(completed.status).toBe("completed");
});

test("two completes at once make one file", async () => {
  await using stage = await startStage();
  const upload = await startUpload(stage);
  const part_ids = [await addPart(stage, upload.id, "abcdef")];
  const complete = () =>
    stage.call("POST", `/uploads/${upload.id}/complete`, { json: { part_ids } });
  const statuses = (await Promise.all([complete(), complete()])).map((reply) => reply.status);
  expect(statuses.toSorted((one, two) => one - two)).toEqual([200, 400]);
  expect(stage.control.files()).toHaveLength(1);
});

test.each(["cancelled", "completed", "expired"])(
  "an upload that is %s takes no more calls",
  async (state) => {
    await using stage = await startStage({ now: () => NOW });
    const upload = await startUpload(stage);
    const part_ids = [await addPart(stage, upload.id, "abcdef")];
    if (state === "completed") await stage.client.uploads.complete(upload.id, { part_ids });
    if (state === "cancelled") await stage.client.uploads.cancel(upload.id);
    if (state === "expired") stage.control.advanceClock(3_600_000);
    for (const action of ["parts", "complete", "cancel"]) {
      const refused = await stage.call("POST", `/uploads/${upload.id}/${action}`, { json: {} });
      expect(refused.status).toBe(400);
      expect(refused.text).toContain(state);
    }
  },
);

test.each<[string, object, string]>([
  ["over 8 GB", { bytes: 8 * 1024 ** 3 + 1 }, "integer_above_max_value"],
  ["without bytes", { bytes: undefined }, "missing_required_parameter"],
  ["for user_data", { purpose: "user_data" }, "invalid_value"],
  ["without a mime type", { mime_type: undefined }, "missing_required_parameter"],
  ["with an unknown parameter", { provider: "x" }, "unknown_parameter"],
])("an upload %s is refused", async (_, changes, code) => {
  await using stage = await startStage();
  const json = {
    filename: "a.jsonl",
    purpose: "batch",
    bytes: 1,
    mime_type: "application/jsonl",
    ...changes,
  };
  const refused = await stage.call("POST", "/uploads", { json });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { code } });
});

test("a batch file must be .jsonl here too", async () => {
  await using stage = await startStage();
  await expect(startUpload(stage, { filename: "a.txt" })).rejects.toThrow("Must be .jsonl");
  expect((await startUpload(stage, { filename: "a.txt", purpose: "assistants" })).status).toBe(
    "pending",
  );
});

test("a part over the limit is refused with 413", async () => {
  await using stage = await startStage({ limits: { uploadPartBytes: 1_000 } });
  const upload = await startUpload(stage, { bytes: 2_000 });
  await expect(addPart(stage, upload.id, "x".repeat(1_001))).rejects.toMatchObject({ status: 413 });
  expect(await addPart(stage, upload.id, "x".repeat(1_000))).toMatch(/^part_/);
});

test("the file lives as long as the upload said", async () => {
  await using stage = await startStage({ now: () => NOW });
  const upload = await stage.client.uploads.create({
    filename: "a.jsonl",
    purpose: "batch",
    bytes: 1,
    mime_type: "application/jsonl",
    expires_after: { anchor: "created_at", seconds: 7_200 },
  });
  const part_ids = [await addPart(stage, upload.id, "x")];
  const { file } = await stage.client.uploads.complete(upload.id, { part_ids });
  expect(file?.expires_at).toBe(NOW / 1_000 + 7_200);
});

test("an unknown upload is a 404", async () => {
  await using stage = await startStage();
  await expect(stage.client.uploads.cancel("upload_none")).rejects.toMatchObject({ status: 404 });
});
