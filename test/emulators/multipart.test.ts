import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { PartHeader } from "../../src/emulators/multipart.ts";
import { MultipartError, readMultipart } from "../../src/emulators/multipart.ts";

interface ReadPart {
  readonly header: PartHeader;
  readonly content: Buffer;
}

/** Reads a body that arrives in exactly these chunks. */
async function read(chunks: readonly Buffer[], boundary: string): Promise<readonly ReadPart[]> {
  const request = new IncomingMessage(new Socket());
  request.headers["content-type"] = `multipart/form-data; boundary=${boundary}`;
  for (const chunk of chunks) request.push(chunk);
  request.push(null);
  const parts: ReadPart[] = [];
  await readMultipart(request, (header) => {
    const written: Buffer[] = [];
    return {
      write: (chunk) => void written.push(Buffer.from(chunk)),
      end: () => void parts.push({ header, content: Buffer.concat(written) }),
    };
  });
  return parts;
}

function writeForm(parts: readonly { name: string; content: Uint8Array }[], boundary: string) {
  const pieces = parts.flatMap(({ name, content }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    content,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

function cut(body: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (let turn = 0; from < body.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(body.subarray(from, from + size));
    from += size;
  }
  return chunks;
}

// Few different bytes, so that contents often look like the beginning of a boundary.
const content = fc
  .array(fc.constantFrom("\r", "\n", "-", "b", "\r\n--b", "\r\n--", "x", "\0"), { maxLength: 40 })
  .map((pieces) => pieces.join(""))
  .filter((text) => !text.includes("\r\n--bb"))
  .map((text) => Buffer.from(text));

test("whatever the bytes and however they are cut, the parts come out as they went in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
      async (contents, sizes) => {
        const parts = contents.map((bytes, index) => ({ name: `p${index}`, content: bytes }));
        const found = await read(cut(writeForm(parts, "bb"), sizes), "bb");
        expect(found.map((part) => part.content.toString("latin1"))).toEqual(
          contents.map((bytes) => bytes.toString("latin1")),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("names, filenames and types are read as clients write them", async () => {
  const body = Buffer.from(
    '--b\r\ncontent-type: application/jsonl\r\nCONTENT-DISPOSITION: form-data; name="file"; filename="tä %22x%22.jsonl"\r\n\r\nx\r\n--b--\r\n\r\n',
  );
  const [part] = await read([body], "b");
  expect(part?.header).toEqual({
    name: "file",
    filename: 'tä "x".jsonl',
    contentType: "application/jsonl",
  });
});

test.each([
  ["ends too early", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b'],
  ["has no boundary at all", "hello"],
  ["is empty", ""],
  ["has an endless header", `--b\r\n${"x".repeat(20_000)}`],
])("a body that %s is refused", async (_, body) => {
  const chunks = body === "" ? [] : cut(Buffer.from(body), [1_000]);
  await expect(read(chunks, "b")).rejects.toThrow(MultipartError);
});
