import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { createMultipartBody, type MultipartForm } from "../../src/lib/multipart-body.ts";

const signal = new AbortController().signal;

function form(changes: Partial<MultipartForm["file"]> = {}, content = "a\nb\n"): MultipartForm {
  return {
    fields: [
      ["purpose", "batch"],
      ["expires_after[seconds]", "3600"],
    ],
    file: {
      name: "file",
      filename: "in.jsonl",
      mimeType: "application/jsonl",
      bytes: Buffer.byteLength(content),
      open: async () => Readable.from([Buffer.from(content)], { objectMode: false }),
      ...changes,
    },
    boundary: "b-123",
  };
}

test("the body is what RFC 7578 says, and as long as announced", async () => {
  const body = createMultipartBody(form());
  const written = await buffer(Readable.from(body.open(signal), { objectMode: false }));
  expect(body.contentType).toBe("multipart/form-data; boundary=b-123");
  expect(written.length).toBe(body.bytes);
  expect(written.toString()).toBe(
    [
      "--b-123",
      'Content-Disposition: form-data; name="purpose"',
      "",
      "batch",
      "--b-123",
      'Content-Disposition: form-data; name="expires_after[seconds]"',
      "",
      "3600",
      "--b-123",
      'Content-Disposition: form-data; name="file"; filename="in.jsonl"',
      "Content-Type: application/jsonl",
      "",
      "a\nb\n",
      "--b-123--",
      "",
    ].join("\r\n"),
  );
});

describe("names and types can't break out of their line", () => {
  test.each([
    { filename: 'a"b.jsonl', written: 'filename="a%22b.jsonl"' },
    { filename: "a\r\nX: y", written: 'filename="a%0D%0AX: y"' },
    { filename: "größe 漢字.jsonl", written: 'filename="größe 漢字.jsonl"' },
    { filename: "back\\slash", written: 'filename="back\\slash"' },
  ])("the filename $filename", async ({ filename, written }) => {
    const body = createMultipartBody(form({ filename }));
    const bytes = await buffer(Readable.from(body.open(signal), { objectMode: false }));
    expect(bytes.toString()).toContain(`${written}\r\n`);
    expect(bytes.length).toBe(body.bytes);
    const parsed = await new Response(bytes, {
      headers: { "content-type": body.contentType },
    }).formData();
    const file = parsed.get("file");
    if (!(file instanceof File)) throw new Error("no file was parsed");
    expect(await file.text()).toBe("a\nb\n");
    expect(parsed.get("purpose")).toBe("batch");
  });

  test.each([
    ["text/plain; charset=utf-8", "text/plain; charset=utf-8"],
    ["text/plain\r\nX: y", "application/octet-stream"],
    ["", "application/octet-stream"],
    ["nonsense", "application/octet-stream"],
  ])("the type %j is written as %s", async (mimeType, written) => {
    const body = createMultipartBody(form({ mimeType }));
    const bytes = await buffer(Readable.from(body.open(signal), { objectMode: false }));
    expect(bytes.toString()).toContain(`\r\nContent-Type: ${written}\r\n\r\n`);
  });
});

test("the file is closed when the reader stops", async () => {
  const content = Readable.from([Buffer.from("a"), Buffer.from("b")], { objectMode: false });
  const body = createMultipartBody(form({ bytes: 2, open: async () => content }));
  let chunks = 0;
  for await (const chunk of body.open(signal)) {
    chunks += chunk.length > 0 ? 1 : 0;
    if (chunks === 2) break;
  }
  expect(content.destroyed).toBe(true);
});
