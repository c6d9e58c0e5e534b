import { createHash } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { createBatch, generateLine, KEY, startStage, upload } from "./stage.ts";

const START = { "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start" };
const CHUNK = 256 * 1024;

test("an upload in one multipart request has every field of a file", async () => {
  const now = Date.UTC(2026, 7, 20, 20, 8, 31, 15);
  await using stage = await startStage({ now: () => now });
  const name = await upload(stage, "abc", "files/my-file-1");
  expect(name).toBe("files/my-file-1");
  const file = await stage.call("GET", `/v1beta/${name}`);
  expect(file.json).toEqual({
    name,
    mimeType: "jsonl",
    sizeBytes: "3",
    createTime: "2026-08-20T20:08:31.015405218Z",
    updateTime: "2026-08-20T20:08:31.015405218Z",
    expirationTime: "2026-08-22T20:08:31.015405218Z",
    sha256Hash: Buffer.from(createHash("sha256").update("abc").digest("hex")).toString("base64"),
    uri: `${stage.url}/v1beta/${name}`,
    state: "ACTIVE",
    source: "UPLOADED",
  });
});

test.each([
  ["with a header", "", { "x-goog-upload-protocol": "raw" }],
  ["with a parameter", "?uploadType=media", {}],
])("the whole body is the file where the client says so %s", async (_, query, headers) => {
  await using stage = await startStage();
  const type = { ...headers, "content-type": "text/plain" };
  const reply = await stage.call("POST", `/upload/v1beta/files${query}`, {
    body: "abc",
    headers: type,
  });
  expect(reply.json.file).toMatchObject({ mimeType: "text/plain", sizeBytes: "3" });
  expect(reply.json.file.name).toMatch(/^files\/[a-z0-9]{12}$/);
});

async function startUpload(stage: Awaited<ReturnType<typeof startStage>>, bytes: number | null) {
  const length: Record<string, string> =
    bytes === null ? {} : { "x-goog-upload-header-content-length": String(bytes) };
  const reply = await stage.call("POST", "/upload/v1beta/files", {
    json: { file: { display_name: "my", mime_type: "jsonl" } },
    headers: { ...START, ...length },
  });
  expect(reply.headers.get("x-goog-upload-status")).toBe("active");
  expect(reply.headers.get("x-goog-upload-chunk-granularity")).toBe("262144");
  const path = (reply.headers.get("x-goog-upload-url") ?? "").slice(stage.url.length);
  expect(path).toMatch(/^\/upload\/v1beta\/files\?upload_id=\w{40}&upload_protocol=resumable$/);
  return (commands: string, offset: number | null, body: Buffer | null) =>
    stage.call("POST", path, {
      key: null,
      ...(body === null ? {} : { body: new Uint8Array(body) }),
      headers: {
        "x-goog-upload-command": commands,
        ...(offset === null ? {} : { "x-goog-upload-offset": String(offset) }),
      },
    });
}

test("a resumable upload takes chunks, tells how far it is, and ends with the file", async () => {
  await using stage = await startStage();
  const bytes = Buffer.alloc(2 * CHUNK + 5, "x");
  const send = await startUpload(stage, bytes.length);
  const first = await send("upload", 0, bytes.subarray(0, 2 * CHUNK));
  expect(first.headers.get("x-goog-upload-status")).toBe("active");
  const query = await send("query", null, null);
  expect(query.headers.get("x-goog-upload-size-received")).toBe(String(2 * CHUNK));
  const last = await send("upload, finalize", 2 * CHUNK, bytes.subarray(2 * CHUNK));
  expect(last.headers.get("x-goog-upload-status")).toBe("final");
  expect(last.json.file).toMatchObject({
    displayName: "my",
    mimeType: "jsonl",
    sizeBytes: String(bytes.length),
  });
  const again = await send("query", null, null);
  expect(again.json).toEqual(last.json);
  expect((await send("upload, finalize", 0, bytes)).status).toBe(400);
});

test("an upload of unknown length is finalized without bytes", async () => {
  await using stage = await startStage();
  const send = await startUpload(stage, null);
  await send("upload", 0, Buffer.alloc(CHUNK));
  expect((await send("finalize", null, null)).json.file.sizeBytes).toBe(String(CHUNK));
});

test.each([
  ["a wrong offset", "upload", 1, CHUNK],
  ["no offset", "upload", null, CHUNK],
  ["a chunk that is no multiple of 256 KiB and not the last", "upload", 0, 100],
  ["more bytes than announced", "upload, finalize", 0, CHUNK + 1],
  ["fewer bytes than announced", "upload, finalize", 0, 100],
  ["an unknown command", "uplaod", 0, CHUNK],
])("%s is refused", async (...[, commands, offset, size]) => {
  await using stage = await startStage();
  const send = await startUpload(stage, CHUNK);
  const refused = await send(commands, offset, Buffer.alloc(size));
  expect(refused.json.error.status).toBe("INVALID_ARGUMENT");
  expect(stage.control.files()).toEqual([]);
});

test("a cancelled upload is over, and an unknown one is a 404", async () => {
  await using stage = await startStage();
  const send = await startUpload(stage, 3);
  expect((await send("cancel", null, null)).headers.get("x-goog-upload-status")).toBe("cancelled");
  expect((await send("upload, finalize", 0, Buffer.from("abc"))).status).toBe(400);
  const other = await stage.call("POST", "/upload/v1beta/files?upload_id=none", { key: null });
  expect(other.status).toBe(404);
});

test("what arrived before a connection broke stays, and the client goes on from there", async () => {
  await using stage = await startStage();
  const start = await stage.call("POST", "/upload/v1beta/files", {
    json: {},
    headers: { ...START, "x-goog-upload-header-content-length": String(CHUNK) },
  });
  const url = new URL(start.headers.get("x-goog-upload-url") ?? "");
  await breakOff(url, { announced: CHUNK, sent: 1_000 });
  const path = url.pathname + url.search;
  let received = 0;
  await expect
    .poll(async () => {
      const headers = { "x-goog-upload-command": "query" };
      const reply = await stage.call("POST", path, { key: null, headers });
      received = Number(reply.headers.get("x-goog-upload-size-received"));
      return received;
    })
    .toBe(1_000);
  const rest = await stage.call("POST", path, {
    key: null,
    body: new Uint8Array(CHUNK - received),
    headers: {
      "x-goog-upload-command": "upload, finalize",
      "x-goog-upload-offset": String(received),
    },
  });
  expect(rest.json.file.sizeBytes).toBe(String(CHUNK));
});

async function breakOff(url: URL, size: { announced: number; sent: number }): Promise<void> {
  const head = [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    `content-length: ${size.announced}`,
    "x-goog-upload-command: upload, finalize",
    "x-goog-upload-offset: 0",
  ];
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.end(`${head.join("\r\n")}\r\n\r\n${"x".repeat(size.sent)}`);
    socket.resume();
  });
}

test.each([
  ["files/-a", 400, "INVALID_ARGUMENT"],
  ["files/A", 400, "INVALID_ARGUMENT"],
  [`files/${"a".repeat(41)}`, 400, "INVALID_ARGUMENT"],
  ["files/taken", 409, "ALREADY_EXISTS"],
])("the name %s is refused with %i", async (name, status, word) => {
  await using stage = await startStage();
  await upload(stage, "x", "files/taken");
  const refused = await stage.call("POST", "/upload/v1beta/files", {
    json: { file: { name } },
    headers: START,
  });
  expect([refused.status, refused.json.error.status]).toEqual([status, word]);
});

test.each([
  ["announced", { "x-goog-upload-header-content-length": "11" }, {}],
  ["said of the file", {}, { sizeBytes: "11" }],
])("a file over the limit is refused where its length is %s", async (_, headers, file) => {
  await using stage = await startStage({ limits: { fileBytes: 10 } });
  const refused = await stage.call("POST", "/upload/v1beta/files", {
    json: { file },
    headers: { ...START, ...headers },
  });
  expect(refused.status).toBe(400);
  await expect(upload(stage, "12345678901")).rejects.toThrow("larger than the 10 bytes");
});

test("more than 250 files are listed page by page, the newest first, and the last page has no token", async () => {
  await using stage = await startStage();
  const names: string[] = [];
  for (let index = 0; index < 253; index += 1) names.unshift(await upload(stage, "x"));
  const seen: string[] = [];
  let token = "";
  let pages = 0;
  do {
    const reply = await stage.call("GET", `/v1beta/files?pageSize=100&pageToken=${token}`);
    seen.push(...reply.json.files.map((file: { name: string }) => file.name));
    token = reply.json.nextPageToken ?? "";
    pages += 1;
    expect(Object.hasOwn(reply.json, "nextPageToken")).toBe(pages < 3);
  } while (token !== "");
  expect(seen).toEqual(names);
  expect((await stage.call("GET", "/v1beta/files")).json.files).toHaveLength(10);
});

test.each(["pageSize=101", "pageSize=-1", "pageSize=x", "pageToken=zzz"])(
  "a list with %s is refused",
  async (query) => {
    await using stage = await startStage();
    expect((await stage.call("GET", `/v1beta/files?${query}`)).status).toBe(400);
  },
);

test("an empty list is an empty object", async () => {
  await using stage = await startStage();
  expect((await stage.call("GET", "/v1beta/files")).json).toEqual({});
});

test("a deleted file is gone as a permission that is missing, and others' files look the same", async () => {
  await using stage = await startStage({
    apiKeys: [KEY, { key: "other", project: "projects/other" }],
  });
  const name = await upload(stage, "x");
  const foreign = await stage.call("GET", `/v1beta/${name}`, { key: "other" });
  expect([foreign.status, foreign.json.error.status]).toEqual([403, "PERMISSION_DENIED"]);
  expect((await stage.call("DELETE", `/v1beta/${name}`)).json).toEqual({});
  expect((await stage.call("DELETE", `/v1beta/${name}`, { json: {} })).status).toBe(403);
  expect((await stage.call("GET", `/v1beta/${name}`)).status).toBe(403);
});

test("a file expires after 48 hours", async () => {
  await using stage = await startStage();
  const name = await upload(stage, "x");
  stage.control.advanceClock(48 * 3_600_000 - 60_000);
  expect((await stage.call("GET", `/v1beta/${name}`)).status).toBe(200);
  stage.control.advanceClock(60_000);
  expect((await stage.call("GET", `/v1beta/${name}`)).status).toBe(403);
  expect(stage.control.files()).toEqual([]);
});

test("only generated files can be downloaded, at both addresses, and in part", async () => {
  await using stage = await startStage();
  const uploaded = await upload(stage, "x");
  const refused = await stage.call("GET", `/v1beta/${uploaded}:download?alt=media`);
  expect(refused.status).toBe(400);
  const batch = await createBatch(stage, [generateLine("a")]);
  await stage.control.complete(batch);
  const output = `files/${batch.replace("batches/", "batch-")}`;
  const file = await stage.call("GET", `/v1beta/${output}`);
  expect(file.json).toMatchObject({ source: "GENERATED", name: output });
  expect(file.json.downloadUri).toBe(`${stage.url}/v1beta/${output}:download?alt=media`);
  const whole = await stage.call("GET", `/v1beta/${output}:download?alt=media`);
  const other = await stage.call("GET", `/download/v1beta/${output}:download?alt=media`);
  expect(other.text).toBe(whole.text);
  expect(whole.text).toContain('"key":"a"');
  const headers = { range: "bytes=2-4" };
  const part = await fetch(`${stage.url}/v1beta/${output}:download?alt=media&key=${KEY}`, {
    headers,
  });
  expect([part.status, await part.text()]).toEqual([206, whole.text.slice(2, 5)]);
});

test("results can't be deleted but with their batch", async () => {
  await using stage = await startStage();
  const batch = await createBatch(stage, [generateLine("a")]);
  await stage.control.complete(batch);
  const output = `files/${batch.replace("batches/", "batch-")}`;
  expect((await stage.call("DELETE", `/v1beta/${output}`)).status).toBe(400);
  expect((await stage.call("DELETE", `/v1beta/${batch}`)).json).toEqual({});
  const gone = await stage.call("GET", `/v1beta/${output}`);
  expect([gone.status, gone.json.error.status]).toEqual([404, "NOT_FOUND"]);
});

test.each([
  ["form data", "multipart/form-data; boundary=edge", "--edge\r\n\r\n{}\r\n--edge--\r\n"],
  ["no second part", "multipart/related; boundary=edge", "--edge\r\n\r\n{}\r\n--edge--\r\n"],
  [
    "three parts",
    "multipart/related; boundary=edge",
    `--edge${"\r\n\r\n{}\r\n--edge".repeat(3)}--`,
  ],
  ["no end", "multipart/related; boundary=edge", "--edge\r\n\r\n{}\r\n--edge\r\n\r\nabc"],
  [
    "metadata that isn't JSON",
    "multipart/related; boundary=edge",
    `--edge${"\r\n\r\nx\r\n--edge".repeat(2)}--`,
  ],
])("a multipart upload with %s is refused, and leaves nothing", async (_, type, body) => {
  await using stage = await startStage();
  const headers = { "x-goog-upload-protocol": "multipart", "content-type": type };
  const refused = await stage.call("POST", "/upload/v1beta/files", { body, headers });
  expect(refused.status).toBe(400);
  expect(stage.control.files()).toEqual([]);
});
