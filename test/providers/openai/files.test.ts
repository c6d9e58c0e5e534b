import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { FileToSend, UpstreamFiles } from "../../../src/core/provider.ts";
import {
  createOpenAIProvider,
  type OpenAIProviderOptions,
} from "../../../src/providers/openai/openai.ts";
import {
  access,
  type Answer,
  createDeps,
  failure,
  never,
  reset,
  SECRET,
  sendJson,
  type TestDeps,
} from "../http-host.ts";
import { startOpenAIHost } from "./request-check.ts";

const wire = {
  id: "file-1",
  object: "file",
  bytes: 12,
  created_at: 1_758_000_000,
  expires_at: 1_760_592_000,
  filename: "in.jsonl",
  purpose: "batch",
  status: "processed",
};

function connect(
  deps: TestDeps,
  baseUrl: string,
  changes: Partial<OpenAIProviderOptions> = {},
): UpstreamFiles {
  const options = { name: "openai", apiKey: SECRET, passThrough: true, files: true, batches: true };
  const provider = createOpenAIProvider({ ...options, baseUrl, ...changes }, deps);
  const headers = { "openai-organization": "org-1", "openai-project": "proj-1", cookie: "no" };
  const { files } = provider.connect(access({ headers }), {});
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

/** Counts how often and from where it was read. */
function fileOf(content: Buffer, changes: Partial<FileToSend> = {}) {
  const opened: (string | null)[] = [];
  const file: FileToSend = {
    filename: "in.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: content.length,
    expiresAfterSeconds: null,
    async open(_, range) {
      opened.push(range === undefined ? null : `${range.start}-${range.end}`);
      const part = range === undefined ? content : content.subarray(range.start, range.end + 1);
      return Readable.from([part], { objectMode: false });
    },
    ...changes,
  };
  return { file, opened };
}

async function parseForm(seen: { headers: Readonly<Record<string, string>>; body: string }) {
  return new Response(seen.body, {
    headers: { "content-type": seen.headers["content-type"] ?? "" },
  }).formData();
}

describe("an upload", () => {
  test("is one form whose length is known, and comes back as a file of ours", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson(wire));
    const { file, opened } = fileOf(Buffer.from('{"a":"ü"}\n'), { expiresAfterSeconds: 3_600 });
    expect(await connect(deps, host.url).upload(file, never)).toEqual({
      id: "file-1",
      filename: "in.jsonl",
      purpose: "batch",
      mimeType: null,
      bytes: 12,
      createdAt: 1_758_000_000_000,
      expiresAt: 1_760_592_000_000,
    });
    const [seen] = host.seen;
    if (seen === undefined) throw new Error("nothing arrived");
    expect(seen).toMatchObject({ method: "POST", url: "/v1/files" });
    expect(seen.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "content-length": String(Buffer.byteLength(seen.body)),
    });
    expect(seen.headers["cookie"]).toBeUndefined();
    const form = await parseForm(seen);
    expect([...form.keys()]).toEqual([
      "purpose",
      "expires_after[anchor]",
      "expires_after[seconds]",
      "file",
    ]);
    expect(form.get("purpose")).toBe("batch");
    expect(form.get("expires_after[anchor]")).toBe("created_at");
    expect(form.get("expires_after[seconds]")).toBe("3600");
    const sent = form.get("file");
    if (!(sent instanceof File)) throw new Error("no file was sent");
    expect(sent).toMatchObject({ name: "in.jsonl", type: "application/jsonl" });
    expect(await sent.text()).toBe('{"a":"ü"}\n');
    expect(opened).toEqual([null]);
  });

  test("is read from its start again after a 429", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson({}, 429), sendJson(wire));
    const { file, opened } = fileOf(Buffer.from("abc"));
    await connect(deps, host.url).upload(file, never);
    expect(opened).toEqual([null, null]);
  });

  test("isn't repeated when its answer is lost, lest there be two files", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(reset);
    const work = connect(deps, host.url).upload(fileOf(Buffer.from("abc")).file, never);
    await expect(work).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect(host.seen).toHaveLength(1);
  });
});

describe("an upload larger than one request may be", () => {
  const content = Buffer.from(Array.from({ length: 2_500 }, (_, index) => index % 251));
  const uploads = { requestBytes: 1_000, partBytes: 1_000 };

  function uploadsApi(failPart: number | null): Answer {
    let parts = 0;
    return async (response, request, seen) => {
      const path = request.url ?? "";
      const send = (body: unknown, status = 200) => sendJson(body, status)(response, request, seen);
      if (path === "/v1/uploads") return send({ id: "upload_1", status: "pending", file: null });
      if (path.endsWith("/cancel"))
        return send({ id: "upload_1", status: "cancelled", file: null });
      if (path.endsWith("/parts")) {
        parts += 1;
        if (parts === failPart) return send({ error: { message: "Too slow." } }, 400);
        return send({ id: `part_${parts}`, object: "upload.part" });
      }
      return send({ id: "upload_1", status: "completed", file: { ...wire, bytes: 2_500 } });
    };
  }

  test("goes in parts of the file, which are put together in order", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(uploadsApi(null));
    const { file, opened } = fileOf(content, { expiresAfterSeconds: 7_200 });
    const sent = await connect(deps, host.url, { uploads }).upload(file, never);
    expect(sent).toMatchObject({ id: "file-1", bytes: 2_500 });
    expect(opened).toEqual(["0-999", "1000-1999", "2000-2499"]);
    expect(host.seen.map((one) => `${one.method} ${one.url}`)).toEqual([
      "POST /v1/uploads",
      "POST /v1/uploads/upload_1/parts",
      "POST /v1/uploads/upload_1/parts",
      "POST /v1/uploads/upload_1/parts",
      "POST /v1/uploads/upload_1/complete",
    ]);
    expect(JSON.parse(host.seen[0]?.body ?? "")).toEqual({
      filename: "in.jsonl",
      purpose: "batch",
      bytes: 2_500,
      mime_type: "application/jsonl",
      expires_after: { anchor: "created_at", seconds: 7_200 },
    });
    expect(JSON.parse(host.seen[4]?.body ?? "")).toEqual({
      part_ids: ["part_1", "part_2", "part_3"],
    });
  });

  test.each([
    { bytes: 1_000, calls: ["POST /v1/files"] },
    {
      bytes: 1_001,
      calls: [
        "POST /v1/uploads",
        "POST /v1/uploads/upload_1/parts",
        "POST /v1/uploads/upload_1/parts",
        "POST /v1/uploads/upload_1/complete",
      ],
    },
  ])("begins one byte above the limit: $bytes", async ({ bytes, calls }) => {
    await using deps = createDeps();
    const api = uploadsApi(null);
    await using host = await startOpenAIHost((response, request, seen) =>
      request.url === "/v1/files"
        ? sendJson(wire)(response, request, seen)
        : api(response, request, seen),
    );
    await connect(deps, host.url, { uploads }).upload(
      fileOf(content.subarray(0, bytes)).file,
      never,
    );
    expect(host.seen.map((one) => `${one.method} ${one.url}`)).toEqual(calls);
  });

  test("is cancelled when a part fails, and says why", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(uploadsApi(2));
    const work = connect(deps, host.url, { uploads }).upload(fileOf(content).file, never);
    await expect(work).rejects.toMatchObject({ code: "upstream_rejected", message: "Too slow." });
    expect(host.seen.at(-1)).toMatchObject({ method: "POST", url: "/v1/uploads/upload_1/cancel" });
  });

  test("is cancelled when it is aborted", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(uploadsApi(null));
    const controller = new AbortController();
    const reason = new GatewayError("shutting_down", "Stopping.");
    const { file } = fileOf(content, {
      async open(signal, range) {
        if (range?.start === 1_000) controller.abort(reason);
        signal.throwIfAborted();
        return Readable.from([content.subarray(range?.start, (range?.end ?? 0) + 1)]);
      },
    });
    const work = connect(deps, host.url, { uploads }).upload(file, controller.signal);
    await expect(work).rejects.toBe(reason);
    await expect.poll(() => host.seen.at(-1)?.url).toBe("/v1/uploads/upload_1/cancel");
  });
});

describe("files at the provider", () => {
  test("are retrieved one by one", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson({ ...wire, expires_at: null }));
    const file = await connect(deps, host.url).retrieve("file-1", never);
    expect(file).toMatchObject({ id: "file-1", expiresAt: null, createdAt: 1_758_000_000_000 });
    expect(host.seen[0]).toMatchObject({ method: "GET", url: "/v1/files/file-1" });
  });

  test("are listed page by page, newest first", async () => {
    await using deps = createDeps();
    const first = { object: "list", data: [wire, { ...wire, id: "file-2" }], has_more: true };
    const last = { object: "list", data: [{ ...wire, id: "file-3" }], has_more: false };
    await using host = await startOpenAIHost(sendJson(first), sendJson(last));
    const files = connect(deps, host.url);
    const page = await files.list({ after: null, limit: 20_000 }, never);
    expect(page.items.map((file) => file.id)).toEqual(["file-1", "file-2"]);
    expect(page.next).toBe("file-2");
    const rest = await files.list({ after: page.next, limit: 2 }, never);
    expect(rest.next).toBeNull();
    expect(host.seen.map((one) => one.url)).toEqual([
      "/v1/files?limit=10000&order=desc",
      "/v1/files?limit=2&order=desc&after=file-2",
    ]);
  });

  test("are deleted, and it is no error if they are gone already", async () => {
    await using deps = createDeps();
    const gone = sendJson({ error: { message: "No such File object: file-1" } }, 404);
    await using host = await startOpenAIHost(sendJson({ id: "file-1", deleted: true }), gone);
    const files = connect(deps, host.url);
    await files.delete("file-1", never);
    await files.delete("file-1", never);
    expect(host.seen.map((one) => one.method)).toEqual(["DELETE", "DELETE"]);
  });

  test.each(["", ".", ".."])("can't have the id '%s'", async (id) => {
    await using deps = createDeps();
    const files = connect(deps, "http://127.0.0.1:1");
    expect((await failure(files.retrieve(id, never))).code).toBe("upstream_not_found");
    expect((await failure(files.open(id, never))).code).toBe("upstream_not_found");
    await files.delete(id, never);
    expect(deps.calls).toEqual([]);
  });

  test("are read whole or in part, byte for byte", async () => {
    await using deps = createDeps();
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    await using host = await startOpenAIHost((response) => response.end(content));
    const files = connect(deps, host.url);
    const whole = await buffer(await files.open("file-1", never));
    const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(hash(whole)).toBe(hash(content));
    const part = await buffer(await files.open("file-1", never, { start: 70_000, end: 70_009 }));
    expect(part).toEqual(content.subarray(70_000, 70_010));
    expect(host.seen[0]?.url).toBe("/v1/files/file-1/content");
    expect(host.seen[1]?.headers["range"]).toBe("bytes=70000-70009");
  });

  test("that are unknown say so before a byte is read", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(
      sendJson({ error: { message: "No such File object" } }, 404),
    );
    const work = connect(deps, host.url).open("file-x", never);
    await expect(work).rejects.toMatchObject({
      code: "upstream_not_found",
      message: "No such File object",
    });
  });
});

test("a host without files has no such capability", async () => {
  await using deps = createDeps();
  const options = { name: "groq", apiKey: null, passThrough: false, baseUrl: "http://127.0.0.1:1" };
  const provider = createOpenAIProvider({ ...options, files: false, batches: true }, deps);
  expect(provider.keepsFiles).toBe(false);
  expect(provider.connect(access(), {}).files).toBeUndefined();
});

test("a host that takes no key is sent none", async () => {
  await using deps = createDeps();
  await using host = await startOpenAIHost(sendJson("abc"));
  const options = { name: "local", apiKey: null, passThrough: false, files: true, batches: true };
  const provider = createOpenAIProvider({ ...options, baseUrl: host.url }, deps);
  const { files } = provider.connect(access({ key: null }), {});
  if (files === undefined) throw new Error("the provider has no files");
  expect(await text(await files.open("file-1", never))).toBe("abc");
  expect(host.seen[0]?.headers["authorization"]).toBeUndefined();
});
