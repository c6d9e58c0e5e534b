import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { assert, asyncProperty, boolean, integer, uint8Array, uniqueArray } from "fast-check";
import { fastify, type FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { acceptForms, FormError, type FormFile, readForm } from "../../src/lib/multipart-form.ts";
import { type BodyPart, FORM_TYPE, multipartBody } from "../support/multipart-body.ts";

interface Receipt {
  readonly bytes: number;
  readonly sha256: string;
}

const limits = { fileBytes: 100_000, fieldBytes: 10_000 };
let instance: FastifyInstance;
let port: number;
/** Of all that was received, what was neither handed back nor discarded. */
const kept = new Set<Receipt>();
let receiving = 0;

beforeAll(async () => {
  instance = fastify({ bodyLimit: 1024 });
  await acceptForms(instance);
  instance.post("/forms", async (request, reply) => {
    try {
      const form = await readForm<Receipt>(request, {
        ...limits,
        fileField: "file",
        receive,
        discard: async (receipt) => void kept.delete(receipt),
      });
      if (form.file !== null) kept.delete(form.file.received);
      return form;
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      return reply.code(400).send({ kind: error.kind, field: error.field });
    }
  });
  await instance.listen({ port: 0, host: "127.0.0.1" });
  port = (instance.server.address() as AddressInfo).port;
});

afterAll(async () => {
  await instance.close();
});

beforeEach(() => {
  kept.clear();
});

async function receive(content: AsyncIterable<Uint8Array>): Promise<Receipt> {
  const hash = createHash("sha256");
  let bytes = 0;
  receiving += 1;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      hash.update(chunk);
    }
  } finally {
    receiving -= 1;
  }
  const receipt = { bytes, sha256: hash.digest("hex") };
  kept.add(receipt);
  return receipt;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly fields?: readonly (readonly [string, string])[];
    readonly file?: FormFile<Receipt> | null;
    readonly kind?: string;
    readonly field?: string | null;
  };
}

/** Sends the body in the pieces given, each in its own write. */
async function post(
  pieces: readonly Buffer[],
  headers: Readonly<Record<string, string | number>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/forms",
        headers: { "content-type": FORM_TYPE, ...headers },
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("end", () => {
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] });
        });
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.setNoDelay(true);
    for (const piece of pieces) outgoing.write(piece);
    outgoing.end();
  });
}

function sha256(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex");
}

const file = { name: "file", filename: "lines.jsonl", type: "application/jsonl" };
const one = { ...file, value: "1" };

test.each([
  {
    order: "before",
    parts: [
      { name: "purpose", value: "batch" },
      { ...file, value: "a\r\n--b" },
    ],
  },
  {
    order: "after",
    parts: [
      { ...file, value: "a\r\n--b" },
      { name: "purpose", value: "batch" },
    ],
  },
])("fields $order the file are read, and the file byte for byte", async ({ parts }) => {
  expect(await post([multipartBody(parts)])).toEqual({
    status: 200,
    body: {
      fields: [["purpose", "batch"]],
      file: {
        filename: "lines.jsonl",
        mimeType: "application/jsonl",
        received: { bytes: 6, sha256: sha256("a\r\n--b") },
      },
    },
  });
});

test.each([
  { sent: "lines.jsonl", read: "lines.jsonl" },
  { sent: "../../etc/x.jsonl", read: "x.jsonl" },
  { sent: "C:/tmp/y.jsonl", read: "y.jsonl" },
  { sent: "..", read: "" },
  { sent: "", read: "" },
  { sent: "zürich—東京.jsonl", read: "zürich—東京.jsonl" },
])("a file sent as '$sent' has the name '$read'", async ({ sent, read }) => {
  const { body } = await post([multipartBody([{ ...one, filename: sent }])]);
  expect(body.file?.filename).toBe(read);
});

test("an empty file is a file of no bytes", async () => {
  const { body } = await post([multipartBody([{ ...file, value: "" }])]);
  expect(body.file?.received).toEqual({ bytes: 0, sha256: sha256("") });
});

interface Refusal {
  readonly what: string;
  readonly parts: readonly BodyPart[];
  readonly kind: string;
  readonly field?: string;
}

function fields(count: number, value = ""): BodyPart[] {
  return Array.from({ length: count }, (_, index) => ({ name: `f${index}`, value }));
}

test.each<Refusal>([
  { what: "a second file", parts: [one, one], kind: "second_file", field: "file" },
  { what: "a file elsewhere", parts: [{ ...one, name: "b" }], kind: "unknown_file", field: "b" },
  { what: "a later file", parts: [one, { ...one, name: "b" }], kind: "unknown_file", field: "b" },
  {
    what: "a field for a file",
    parts: [{ name: "file", value: "1" }],
    kind: "not_a_file",
    field: "file",
  },
  { what: "no name", parts: [{ value: "1" }], kind: "malformed" },
  {
    what: "the name __proto__",
    parts: [one, { name: "__proto__", value: "1" }],
    kind: "malformed",
  },
  {
    what: "a field that isn't UTF-8",
    parts: [one, { name: "purpose", value: Buffer.from([0x62, 0xff]) }],
    kind: "not_text",
    field: "purpose",
  },
  {
    what: "cut UTF-8",
    parts: [{ name: "purpose", value: Buffer.from([0xe6, 0x9d]) }],
    kind: "not_text",
    field: "purpose",
  },
  {
    what: "a NUL byte",
    parts: [one, { name: "purpose", value: "ba\0tch" }],
    kind: "not_text",
    field: "purpose",
  },
  {
    what: "an over-long field",
    parts: [one, { name: "purpose", value: "x".repeat(10_001) }],
    kind: "field_too_large",
    field: "purpose",
  },
  {
    what: "fields that are too much together",
    parts: [one, ...fields(200, "x".repeat(9000))],
    kind: "field_too_large",
    field: "f117",
  },
  {
    what: "an over-long file",
    parts: [{ ...file, value: Buffer.alloc(100_001) }],
    kind: "file_too_large",
    field: "file",
  },
  { what: "1,001 fields", parts: [one, ...fields(1001)], kind: "too_many_fields" },
  { what: "5,000 fields", parts: fields(5000), kind: "too_many_fields" },
])("a form with $what is refused, and nothing is left", async ({ parts, kind, field = null }) => {
  expect(await post([multipartBody(parts)])).toEqual({ status: 400, body: { kind, field } });
  expect(kept.size).toBe(0);
});

test("a field and a file exactly at their limits pass", async () => {
  const answer = await post([
    multipartBody([
      { ...file, value: Buffer.alloc(limits.fileBytes) },
      { name: "purpose", value: "x".repeat(limits.fieldBytes) },
    ]),
  ]);
  expect(answer.body.file?.received.bytes).toBe(limits.fileBytes);
});

test("a form without a boundary is refused", async () => {
  const answer = await post([multipartBody([one])], { "content-type": "multipart/form-data" });
  expect(answer).toEqual({ status: 400, body: { kind: "malformed", field: null } });
});

const complete = multipartBody([
  { name: "purpose", value: "batch" },
  { ...file, value: "line one\nline two\r\n" },
  { name: "provider", value: "openai" },
]);

test("a form that ends anywhere before its closing boundary is refused, and nothing is left", async () => {
  const closed = complete.lastIndexOf("--\r\n") + 2;
  let refused = 0;
  for (let length = 1; length < closed; length += 1) {
    const { status } = await post([complete.subarray(0, length)]);
    expect([length, status]).toEqual([length, 400]);
    refused += 1;
  }
  expect(refused).toBeGreaterThan(300);
  expect(kept.size).toBe(0);
  expect((await post([complete.subarray(0, closed)])).status).toBe(200);
});

test("wherever the pieces of a form are cut, it reads the same", async () => {
  const whole = await post([complete]);
  expect(whole.status).toBe(200);
  await assert(
    asyncProperty(
      uniqueArray(integer({ min: 1, max: complete.length - 1 }), { maxLength: 8 }),
      async (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), complete.length];
        const pieces = points.slice(1).map((end, index) => complete.subarray(points[index], end));
        expect(await post(pieces)).toEqual(whole);
      },
    ),
    { numRuns: 60 },
  );
});

test("any bytes of a file arrive unchanged, whatever follows the form", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 5000 }), boolean(), async (bytes, hasEpilogue) => {
      const sent = multipartBody([{ ...file, value: bytes }]);
      const { body } = await post(hasEpilogue ? [sent, Buffer.from("epilogue\r\n")] : [sent]);
      expect(body.file?.received).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
    }),
    { numRuns: 60 },
  );
});

const large = Buffer.alloc(20_000_000);

test.each([
  { what: "a file", parts: [{ ...file, value: large }], kind: "file_too_large", field: "file" },
  {
    what: "a second file",
    parts: [one, { ...file, value: large }],
    kind: "second_file",
    field: "file",
  },
  {
    what: "another file",
    parts: [{ ...one, name: "b", value: large }],
    kind: "unknown_file",
    field: "b",
  },
  { what: "a field", parts: [{ name: "a", value: large }], kind: "field_too_large", field: "a" },
])(
  "a client that is refused in the middle of $what gets its answer",
  async ({ parts, ...body }) => {
    const sent = multipartBody(parts);
    const pieces = [sent.subarray(0, 400), sent.subarray(400)];
    const { kind, field } = body;
    expect(await post(pieces)).toEqual({ status: 400, body: { kind, field } });
    const announced = await post(pieces, { "content-length": sent.length });
    expect(announced).toEqual({ status: 400, body: { kind: "file_too_large", field: "file" } });
    expect((await post([complete])).status).toBe(200);
  },
);

test("a client that goes away in the middle of its file leaves nothing", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `POST /forms HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\nContent-Type: ${FORM_TYPE}\r\n\r\n`,
  );
  socket.write(complete.subarray(0, complete.indexOf("line two")));
  await vi.waitFor(() => expect(receiving).toBe(1));
  socket.destroy();
  await vi.waitFor(() => expect(receiving).toBe(0));
  expect(kept.size).toBe(0);
  expect((await post([complete])).status).toBe(200);
});
