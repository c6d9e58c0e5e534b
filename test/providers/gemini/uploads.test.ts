import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GatewayError } from "../../../src/core/errors.ts";
import type { FileToSend, UpstreamFiles } from "../../../src/core/provider.ts";
import type { Fault } from "../../../src/emulators/faults.ts";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import { access, type Answer, createDeps, failure, never, sendJson } from "../http-host.ts";
import { startHost, type TestDeps } from "../http-host.ts";
import { type GeminiStage, startGeminiStage } from "./gemini-stage.ts";
import { startGeminiHost } from "./request-check.ts";

const KIB = 1024;
const CHUNK = 256 * KIB;
const content = Buffer.from(Array.from({ length: 600 * KIB }, (_, index) => index % 251));

/** Tells from where it was read. */
function fileOf(bytes: Buffer, changes: Partial<FileToSend> = {}) {
  const opened: string[] = [];
  const file: FileToSend = {
    filename: "in.bin",
    purpose: "user_data",
    mimeType: "application/x-test",
    bytes: bytes.length,
    expiresAfterSeconds: null,
    async open(_, range) {
      opened.push(range === undefined ? "whole" : `${range.start}-${range.end}`);
      const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
      return Readable.from(chunksOf(part), { objectMode: false });
    },
    ...changes,
  };
  return { file, opened };
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 64 * KIB) {
    yield bytes.subarray(start, start + 64 * KIB);
  }
}

function filesOf(stage: GeminiStage): UpstreamFiles {
  const { files } = stage.provider.connect(stage.access, {});
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

function connect(deps: TestDeps, baseUrl: string): UpstreamFiles {
  const options = { name: "gemini", apiKey: null, passThrough: true, chunkBytes: CHUNK };
  const activation = { attempts: 4, firstDelayMilliseconds: 1, maxDelayMilliseconds: 1 };
  const { files } = createGeminiProvider({ ...options, baseUrl, activation }, deps).connect(
    access({ account: "gemini/default" }),
    {},
  );
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

/** What Google itself says that it has got. */
async function hashOf(stage: GeminiStage, id: string): Promise<string> {
  const headers = { "x-goog-api-key": stage.access.key ?? "" };
  const response = await fetch(`${stage.emulator.url}/v1beta/${id}`, { headers });
  const { sha256Hash } = z.object({ sha256Hash: z.string() }).parse(await response.json());
  return Buffer.from(sha256Hash, "base64").toString("utf8");
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function commands(stage: GeminiStage): readonly string[] {
  return stage.emulator.control
    .journal()
    .filter((entry) => entry.path.startsWith("/upload/"))
    .map(({ headers }) => {
      const offset = headers["x-goog-upload-offset"];
      return `${headers["x-goog-upload-command"]}${offset === undefined ? "" : ` at ${offset}`}`;
    });
}

describe("an upload", () => {
  const provider = { chunkBytes: CHUNK };

  test("goes chunk by chunk, each read from the file when it is its turn", async () => {
    await using stage = await startGeminiStage({ provider });
    const { file, opened } = fileOf(content);
    const sent = await filesOf(stage).upload(file, never);
    expect(commands(stage)).toEqual([
      "start",
      "upload at 0",
      "upload at 262144",
      "upload, finalize at 524288",
    ]);
    expect(opened).toEqual(["0-262143", "262144-524287", "524288-614399"]);
    expect(sent).toMatchObject({ bytes: content.length, mimeType: "application/x-test" });
    expect(sent.id).toMatch(/^files\/[a-z0-9]+$/);
    expect(sent.expiresAt).toBe(sent.createdAt + 48 * 3_600_000);
    expect(await hashOf(stage, sent.id)).toBe(sha256(content));
  });

  test("of exactly two chunks has no third, and one of nothing has one", async () => {
    await using stage = await startGeminiStage({ provider });
    await filesOf(stage).upload(fileOf(content.subarray(0, 2 * CHUNK)).file, never);
    const empty = await filesOf(stage).upload(fileOf(Buffer.alloc(0)).file, never);
    expect(empty.bytes).toBe(0);
    expect(commands(stage)).toEqual([
      "start",
      "upload at 0",
      "upload, finalize at 262144",
      "start",
      "upload, finalize at 0",
    ]);
  });

  const faults: readonly (readonly [string, Fault, string])[] = [
    ["the answer to a chunk is lost", { kind: "lostReply", skip: 1 }, "query"],
    ["the answer to the last chunk is lost", { kind: "lostReply", skip: 3 }, "query"],
    ["a chunk gets 503", { kind: "status", status: 503, skip: 2 }, "query"],
    ["a chunk gets 429", { kind: "status", status: 429, skip: 2 }, "query"],
    ["a chunk breaks off", { kind: "reset", afterBytes: 100 * KIB, skip: 2 }, "query"],
    ["the last chunk is answered with half a JSON", { kind: "malformed", skip: 3 }, "query"],
    ["the start gets 503", { kind: "status", status: 503 }, "start"],
    ["the answer to the start is lost", { kind: "lostReply" }, "start"],
  ];

  test.each(faults)("arrives byte for byte though %s", async (_, fault, remedy) => {
    await using stage = await startGeminiStage({ provider });
    stage.emulator.control.inject({ ...fault, method: "POST", path: "^/upload/" });
    const sent = await filesOf(stage).upload(fileOf(content).file, never);
    expect(commands(stage).slice(1)).toContain(remedy);
    expect(await hashOf(stage, sent.id)).toBe(sha256(content));
    expect(stage.emulator.control.files()).toHaveLength(1);
  });

  test("goes on where the host is, not where a broken chunk began", async () => {
    await using deps = createDeps();
    const active = { "x-goog-upload-status": "active" };
    const received = { ...active, "x-goog-upload-size-received": "1000" };
    const done = sendJson({ file }, 200, { "x-goog-upload-status": "final" });
    await using host = await startGeminiHost(
      started(),
      sendJson({}, 503),
      sendJson({}, 200, received),
      done,
    );
    const { file: whole, opened } = fileOf(content.subarray(0, 2_000));
    await connect(deps, host.url).upload(whole, never);
    expect(opened).toEqual(["0-1999", "1000-1999"]);
  });

  test("is given up after some tries, and the host hears of it", async () => {
    await using stage = await startGeminiStage({ provider });
    const path = "^/upload/";
    stage.emulator.control.inject({ kind: "status", status: 503, path, skip: 2, times: 5 });
    const error = await failure(filesOf(stage).upload(fileOf(content).file, never));
    expect(error.code).toBe("upstream_unavailable");
    expect(commands(stage).slice(0, 5)).toEqual([
      "start",
      "upload at 0",
      "upload at 262144",
      "query",
      "query",
    ]);
    expect(commands(stage).at(-1)).toBe("cancel");
    expect(stage.emulator.control.files()).toEqual([]);
  });

  test("that is aborted ends with the reason, and is cancelled there", async () => {
    await using stage = await startGeminiStage({ provider });
    const controller = new AbortController();
    const reason = new GatewayError("client_closed", "Gone.");
    const { file } = fileOf(content, {
      async open() {
        controller.abort(reason);
        return Readable.from([content.subarray(0, CHUNK)]);
      },
    });
    expect(await failure(filesOf(stage).upload(file, controller.signal))).toBe(reason);
    expect(commands(stage).at(-1)).toBe("cancel");
  });

  test("whose own bytes can't be read says so, and doesn't blame the provider", async () => {
    await using stage = await startGeminiStage({ provider });
    const broken = new GatewayError("internal", "The disk is gone.");
    const { file } = fileOf(content, { open: async () => Promise.reject(broken) });
    expect(await failure(filesOf(stage).upload(file, never))).toBe(broken);
  });

  test("doesn't go on for ever with a host that takes nothing", async () => {
    await using deps = createDeps();
    const active = { "x-goog-upload-status": "active", "x-goog-upload-size-received": "0" };
    await using host = await startGeminiHost(started(), sendJson({}, 200, active));
    const error = await failure(connect(deps, host.url).upload(fileOf(content).file, never));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.message).toContain("doesn't get on");
  });

  test("keeps to the host's granularity", async () => {
    await using deps = createDeps();
    const active = sendJson({}, 200, { "x-goog-upload-status": "active" });
    const done = sendJson({ file }, 200, { "x-goog-upload-status": "final" });
    const granular = started({ "x-goog-upload-chunk-granularity": String(400 * KIB) });
    await using host = await startGeminiHost(granular, active, done);
    const { file: whole, opened } = fileOf(content);
    await connect(deps, host.url).upload(whole, never);
    expect(opened).toEqual(["0-409599", "409600-614399"]);
  });

  test.each([
    { filename: "in.jsonl", mimeType: "text/plain", sent: "application/jsonl" },
    { filename: "IN.JSONL", mimeType: "application/octet-stream", sent: "application/jsonl" },
    { filename: "a.pdf", mimeType: "application/pdf", sent: "application/pdf" },
  ])("of $filename as $mimeType is $sent there", async ({ filename, mimeType, sent }) => {
    await using stage = await startGeminiStage();
    const { file } = fileOf(Buffer.from("{}\n"), { filename, mimeType });
    const uploaded = await filesOf(stage).upload(file, never);
    expect(uploaded).toMatchObject({ filename, mimeType: sent });
  });

  test("keeps the first 512 characters of a name", async () => {
    await using stage = await startGeminiStage();
    const { file } = fileOf(Buffer.from("x"), { filename: `${"ü".repeat(511)}😀.pdf` });
    const { filename } = await filesOf(stage).upload(file, never);
    expect(filename).toBe(`${"ü".repeat(511)}\u{FFFD}`);
  });
});

const file = { name: "files/abc", sizeBytes: "3", createTime: "2026-11-20T10:00:00.123456789Z" };

function started(headers: Readonly<Record<string, string>> = {}): Answer {
  return (response, request, seen) => {
    const url = `http://${request.headers.host}/upload/v1beta/files?upload_id=a%2Fb&upload_protocol=resumable`;
    return sendJson({}, 200, { "x-goog-upload-url": url, ...headers })(response, request, seen);
  };
}

describe("where an upload goes on", () => {
  test("is the address that the start was answered with, without the key and below no prefix", async () => {
    await using deps = createDeps();
    const done = sendJson({ file }, 200, { "x-goog-upload-status": "final" });
    await using host = await startHost(started(), done);
    await connect(deps, `${host.url}/v1beta/`).upload(fileOf(Buffer.from("abc")).file, never);
    const [start, chunk] = host.seen;
    expect(start).toMatchObject({ method: "POST", url: "/v1/upload/v1beta/files" });
    expect(start?.headers["x-goog-api-key"]).toBe(access().key);
    expect(chunk).toMatchObject({
      method: "POST",
      url: "/upload/v1beta/files?upload_id=a%2Fb&upload_protocol=resumable",
      body: "abc",
    });
    expect(JSON.stringify(chunk?.headers)).not.toContain(access().key);
  });

  test.each([
    ["another host", (port: number) => `http://localhost:${port}/upload?upload_id=1`],
    ["another port", (port: number) => `http://127.0.0.1:${port}/upload?upload_id=1`],
    ["another scheme", (_: number, own: string) => own.replace("http:", "https:")],
    ["a host behind ours as a user", (port: number) => `http://127.0.0.1@localhost:${port}/`],
    ["a host without a scheme", (port: number) => `//localhost:${port}/upload?upload_id=1`],
    ["nowhere", () => "http://"],
  ])("is refused where it is %s", async (_, address) => {
    await using deps = createDeps();
    await using stranger = await startHost(sendJson({ file }));
    await using host = await startGeminiHost((response, request, seen) => {
      const url = address(stranger.port, `http://${request.headers.host}/upload?upload_id=1`);
      return sendJson({}, 200, { "x-goog-upload-url": url })(response, request, seen);
    });
    const { file: whole, opened } = fileOf(content);
    const error = await failure(connect(deps, host.url).upload(whole, never));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.message).toContain(new URL(host.url).origin);
    expect(opened).toEqual([]);
    expect(stranger.seen).toEqual([]);
    expect(host.seen).toHaveLength(1);
  });

  test("is in no error: whoever has it can write", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(started(), sendJson({}, 404));
    const error = await failure(connect(deps, host.url).upload(fileOf(content).file, never));
    expect(error.code).toBe("upstream_not_found");
    expect(`${error.message} ${String(error.cause)}`).not.toContain("upload_id");
  });
});

describe("a file that isn't ready at once", () => {
  const lines = fileOf(Buffer.from("{}\n"), { filename: "in.jsonl", purpose: "batch" }).file;
  const uploaded = (state: string) =>
    sendJson({ file: { ...file, state } }, 200, { "x-goog-upload-status": "final" });
  const seen = (state: string, more: object = {}) => sendJson({ ...file, state, ...more });

  test("is waited for where it is a batch's input", async () => {
    await using deps = createDeps();
    const answers = [seen("PROCESSING"), seen("ACTIVE", { displayName: "ready" })];
    await using host = await startGeminiHost(started(), uploaded("PROCESSING"), ...answers);
    expect(await connect(deps, host.url).upload(lines, never)).toMatchObject({
      filename: "ready",
    });
  });

  test("isn't waited for where it is something else", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(started(), uploaded("PROCESSING"));
    const video = fileOf(Buffer.from("x"), { filename: "a.mp4" }).file;
    expect(await connect(deps, host.url).upload(video, never)).toMatchObject({ id: "files/abc" });
    expect(host.seen).toHaveLength(2);
  });

  test("fails with Google's reason, and is removed", async () => {
    await using deps = createDeps();
    const failed = seen("FAILED", { error: { code: 3, message: "No lines in it." } });
    await using host = await startGeminiHost(
      started(),
      uploaded("PROCESSING"),
      failed,
      sendJson({}),
    );
    const error = await failure(connect(deps, host.url).upload(lines, never));
    expect(error).toMatchObject({ code: "upstream_rejected", retryable: false });
    expect(error.message).toContain("No lines in it.");
    expect(host.seen.at(-1)).toMatchObject({ method: "DELETE", url: "/v1beta/files/abc" });
  });

  test("isn't waited for longer than it is worth, and is removed", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(started(), uploaded("PROCESSING"), seen("PROCESSING"));
    const error = await failure(connect(deps, host.url).upload(lines, never));
    expect(error.code).toBe("upstream_timeout");
    expect(host.seen.map(({ method }) => method)).toEqual([
      "POST",
      "POST",
      "GET",
      "GET",
      "GET",
      "GET",
      "DELETE",
    ]);
  });
});
