import { Readable } from "node:stream";
import { request } from "undici";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newFile } from "../../support/memory-gateway.ts";

let host: DialectHost;

beforeAll(async () => {
  host = await startDialectHost([openaiDialect]);
  host.gateway.contents.set("b1", Buffer.from("0123456789"));
  host.gateway.files.set("f1", { ...newFile("f1", NOW), blob: "b1", sha256: "abc" });
  host.gateway.contents.set("b2", Buffer.alloc(0));
  host.gateway.files.set("f2", { ...newFile("f2", NOW), blob: "b2" });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

async function download(id: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await request(`${host.url}/v1/files/${id}/content`, { headers });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

test("the bytes come whole, with their length and a name to save them under", async () => {
  const { status, headers, text } = await download("file-f1");
  expect([status, text]).toEqual([200, "0123456789"]);
  expect(headers).toMatchObject({
    "content-type": "application/jsonl",
    "content-length": "10",
    "content-disposition": 'attachment; filename="lines.jsonl"',
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    etag: '"abc"',
  });
  expect(headers).not.toHaveProperty("content-range");
});

test.each([
  { range: "bytes=0-3", text: "0123", where: "bytes 0-3/10" },
  { range: "bytes=7-", text: "789", where: "bytes 7-9/10" },
  { range: "bytes=-2", text: "89", where: "bytes 8-9/10" },
  { range: "bytes=5-900", text: "56789", where: "bytes 5-9/10" },
])("$range is that part", async ({ range, text, where }) => {
  const part = await download("file-f1", { range });
  expect([part.status, part.text]).toEqual([206, text]);
  expect(part.headers["content-range"]).toBe(where);
  expect(part.headers["content-length"]).toBe(String(text.length));
});

test.each(["bytes=10-", "bytes=-0"])(
  "%s lies outside, and the answer says how much there is",
  async (range) => {
    const { status, headers, text } = await download("file-f1", { range });
    expect(status).toBe(416);
    expect(headers["content-range"]).toBe("bytes */10");
    expect(JSON.parse(text)).toMatchObject({
      error: { type: "invalid_request_error", code: null },
    });
  },
);

test.each([
  { what: "several ranges", headers: { range: "bytes=0-1,3-4" } },
  { what: "another unit", headers: { range: "lines=0-1" } },
  {
    what: "a condition that no longer holds",
    headers: { range: "bytes=0-1", "if-range": '"old"' },
  },
])("$what give the whole", async ({ headers }) => {
  expect(await download("file-f1", headers)).toMatchObject({ status: 200, text: "0123456789" });
});

test("a condition that holds gives the part", async () => {
  const part = await download("file-f1", { range: "bytes=0-1", "if-range": '"abc"' });
  expect(part).toMatchObject({ status: 206, text: "01" });
});

test("an empty file is no bytes, not an error", async () => {
  const { status, headers, text } = await download("file-f2");
  expect([status, headers["content-length"], text]).toEqual([200, "0", ""]);
});

test.each([
  { filename: "page.html", purpose: "assistants", mimeType: "text/html" },
  { filename: "script.svg", purpose: "vision", mimeType: "image/svg+xml" },
])("$filename is never served as what a browser would run", async (file) => {
  host.gateway.files.set("f3", { ...newFile("f3", NOW), blob: "b1", ...file });
  const { headers } = await download("file-f3");
  expect(headers["content-type"]).toBe("application/octet-stream");
  expect(headers["content-disposition"]).toMatch(/^attachment/);
});

function streamOf(chunks: readonly string[], error: Error | null): Readable {
  return Readable.from(
    (async function* () {
      for (const chunk of chunks) {
        yield Buffer.from(chunk);
        await new Promise(setImmediate);
      }
      if (error !== null) throw error;
    })(),
  );
}

test.each([
  { what: "breaks", chunks: ["01", "23", "45"], error: new Error("reset by the provider") },
  { what: "ends early", chunks: ["01", "23", "45"], error: null },
  { what: "is longer than it should be", chunks: ["01", "23456789", "01"], error: null },
])(
  "a stream that $what breaks the connection: no client takes a part for the whole",
  async ({ chunks, error }) => {
    host.gateway.openNext(streamOf(chunks, error));
    const broken = await download("file-f1").catch((failure: unknown) => failure);
    expect(broken).toBeInstanceOf(Error);
    expect(await download("file-f1")).toMatchObject({ status: 200, text: "0123456789" });
  },
);

test("a stream that breaks before anything was sent is an error like any other", async () => {
  const lost = new GatewayError("upstream_unavailable", "The provider closed the connection.");
  host.gateway.openNext(streamOf(["01"], lost));
  const { status, headers, text } = await download("file-f1");
  expect(status).toBe(502);
  expect(headers["content-type"]).toMatch(/^application\/json/);
  expect(JSON.parse(text)).toMatchObject({
    error: { message: lost.message, type: "server_error" },
  });
});

test("a client that goes away ends the stream and the call", async () => {
  const stream = new Readable({ read: () => {} });
  host.gateway.openNext(stream);
  host.gateway.calls.length = 0;
  stream.push("01");
  stream.push("23");
  const answer = await request(`${host.url}/v1/files/file-f1/content`);
  answer.body.on("error", () => {});
  answer.body.destroy();
  await vi.waitFor(() => {
    expect(stream.destroyed).toBe(true);
    expect(host.gateway.calls[0]?.call.signal.aborted).toBe(true);
  });
});
