import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import { createTestClient, S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { sendRaw } from "./raw-s3.ts";

const MIB = 1024 * 1024;
const Bucket = S3_BUCKET;

let emulator: Emulator<S3Control>;
let sdk: S3Client;
let turn = 0;
let Key = "";
beforeAll(async () => {
  ({ emulator } = await startTestS3());
  sdk = createTestClient(emulator.url);
});
afterAll(async () => {
  sdk.destroy();
  await emulator.close();
});
beforeEach(() => {
  turn += 1;
  Key = `multi/${turn}`;
});

async function create(checksum?: "CRC32"): Promise<string> {
  const { UploadId } = await sdk.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ContentType: "application/jsonl",
      ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum }),
    }),
  );
  return UploadId ?? "";
}

/** Without the SDK's own checksums. */
async function sendPart(uploadId: string, number: number, body: Buffer): Promise<string> {
  const query = `partNumber=${number}&uploadId=${uploadId}`;
  const reply = await sendRaw(emulator.url, {
    method: "PUT",
    path: `/${Bucket}/${Key}`,
    query,
    body,
  });
  return reply.headers.etag ?? reply.code ?? "";
}

async function complete(uploadId: string, parts: readonly (readonly [number, string])[]) {
  const list = parts.map(
    ([number, etag]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`,
  );
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join("")}</CompleteMultipartUpload>`;
  return completeWith(uploadId, body);
}

async function completeWith(uploadId: string, body: string) {
  return sendRaw(emulator.url, {
    method: "POST",
    path: `/${Bucket}/${Key}`,
    query: `uploadId=${uploadId}`,
    body,
  });
}

describe("multipart uploads at the S3 emulator", () => {
  test("join their parts by number, whatever the order of arrival", async () => {
    const id = await create();
    const bodies = [Buffer.alloc(5 * MIB, "a"), Buffer.alloc(5 * MIB + 1, "b"), Buffer.from("c")];
    const third = await sendPart(id, 7, bodies[2] ?? Buffer.alloc(0));
    const first = await sendPart(id, 1, bodies[0] ?? Buffer.alloc(0));
    const second = await sendPart(id, 2, bodies[1] ?? Buffer.alloc(0));
    expect(emulator.control.uploads(Bucket)).toEqual([
      { key: Key, uploadId: id, parts: 3, bytes: 10 * MIB + 2 },
    ]);
    const done = await complete(id, [
      [1, first],
      [2, second],
      [7, third],
    ]);
    const digests = bodies.map((body) => createHash("md5").update(body).digest());
    const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-3"`;
    expect(done.text).toContain(`<ETag>${etag.replaceAll('"', "&#x22;")}</ETag>`);
    const head = await sdk.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head).toMatchObject({
      ETag: etag,
      ContentLength: 10 * MIB + 2,
      ContentType: "application/jsonl",
    });
    const across = await sdk.send(
      new GetObjectCommand({ Bucket, Key, Range: `bytes=${5 * MIB - 1}-${10 * MIB + 1}` }),
    );
    expect(await across.Body?.transformToString()).toBe(`a${"b".repeat(5 * MIB + 1)}c`);
    expect(emulator.control.uploads(Bucket)).toEqual([]);
  });

  test("keep the last of two parts with one number, and only the parts named", async () => {
    const id = await create();
    const old = await sendPart(id, 1, Buffer.from("old"));
    const kept = await sendPart(id, 1, Buffer.from("new"));
    await sendPart(id, 2, Buffer.from("unused"));
    expect(await complete(id, [[1, old]])).toMatchObject({ code: "InvalidPart" });
    expect(await complete(id, [[1, kept]])).toMatchObject({ status: 200 });
    const got = await sdk.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe("new");
  });

  test("refuse a part below 5 MiB that isn't the last", async () => {
    const id = await create();
    const small = await sendPart(id, 1, Buffer.alloc(5 * MIB - 1));
    const last = await sendPart(id, 2, Buffer.from("x"));
    const reply = await complete(id, [
      [1, small],
      [2, last],
    ]);
    expect([reply.status, reply.code]).toEqual([400, "EntityTooSmall"]);
    expect(reply.text).toContain("<MinSizeAllowed>5242880</MinSizeAllowed>");
    expect(await complete(id, [[1, small]])).toMatchObject({ status: 200 });
  });

  test.each<[string, (etag: string) => readonly (readonly [number, string])[], string]>([
    [
      "a part that isn't there",
      (etag) => [
        [1, etag],
        [3, etag],
      ],
      "InvalidPart",
    ],
    ["a wrong ETag", () => [[1, '"00000000000000000000000000000000"']], "InvalidPart"],
    [
      "parts out of order",
      (etag) => [
        [2, etag],
        [1, etag],
      ],
      "InvalidPartOrder",
    ],
    [
      "a part named twice",
      (etag) => [
        [1, etag],
        [1, etag],
      ],
      "InvalidPartOrder",
    ],
    ["no parts", () => [], "MalformedXML"],
  ])("refuse a completion with %s", async (_, toParts, code) => {
    const id = await create();
    const etag = await sendPart(id, 1, Buffer.alloc(5 * MIB));
    await sendPart(id, 2, Buffer.alloc(5 * MIB));
    expect(await complete(id, toParts(etag))).toMatchObject({ status: 400, code });
    expect(emulator.control.uploads(Bucket).map(({ uploadId }) => uploadId)).toContain(id);
  });

  test.each([
    [""],
    ["not xml"],
    ["<CompleteMultipartUpload>"],
    ["<CompleteMultipartUpload/>"],
    ["<Other><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></Other>"],
    ["<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>"],
    [
      "<CompleteMultipartUpload><Part><PartNumber>one</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
    ],
    ["<!DOCTYPE a [<!ENTITY b 'c'>]><CompleteMultipartUpload/>"],
    [
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&b;</ETag></Part></CompleteMultipartUpload>",
    ],
    [`${"<a>".repeat(100)}${"</a>".repeat(100)}`],
  ])("refuse the completion %j as MalformedXML", async (body) => {
    expect(await completeWith(await create(), body)).toMatchObject({
      status: 400,
      code: "MalformedXML",
    });
  });

  test("that are unknown, aborted or completed are NoSuchUpload to every call", async () => {
    const id = await create();
    const path = `/${Bucket}/${Key}`;
    const etag = await sendPart(id, 1, Buffer.from("x"));
    const aborted = await sendRaw(emulator.url, {
      method: "DELETE",
      path,
      query: `uploadId=${id}`,
    });
    expect(aborted).toMatchObject({ status: 204, text: "" });
    const completed = await create();
    const part = await sendPart(completed, 1, Buffer.from("x"));
    await complete(completed, [[1, part]]);
    for (const gone of [id, completed, "unknown"]) {
      const query = `uploadId=${gone}`;
      const gets = await sendRaw(emulator.url, { path, query });
      const deletes = await sendRaw(emulator.url, { method: "DELETE", path, query });
      expect([gets.status, gets.code, deletes.status, deletes.code]).toEqual([
        404,
        "NoSuchUpload",
        404,
        "NoSuchUpload",
      ]);
      expect(await sendPart(gone, 1, Buffer.from("x"))).toBe("NoSuchUpload");
      expect(await complete(gone, [[1, etag]])).toMatchObject({
        status: 404,
        code: "NoSuchUpload",
      });
    }
  });

  test("belong to one key", async () => {
    const id = await create();
    Key = `${Key}-other`;
    expect(await sendPart(id, 1, Buffer.from("x"))).toBe("NoSuchUpload");
  });

  test.each([[0], [10_001]])("refuse the part number %d", async (number) => {
    expect(await sendPart(await create(), number, Buffer.from("x"))).toBe("InvalidArgument");
  });

  test("made with a checksum ask for it in every part and at the end", async () => {
    const id = await create("CRC32");
    expect(await sendPart(id, 1, Buffer.from("x"))).toBe("InvalidRequest");
    const part = await sdk.send(
      new UploadPartCommand({ Bucket, Key, UploadId: id, PartNumber: 1, Body: "x" }),
    );
    expect(part.ChecksumCRC32).toBeDefined();
    expect(await complete(id, [[1, part.ETag ?? ""]])).toMatchObject({ code: "InvalidRequest" });
    const done = await sdk.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId: id,
        MultipartUpload: {
          Parts: [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }],
        },
      }),
    );
    expect(done.ChecksumCRC32).toMatch(/^[A-Za-z0-9+/]{6}==-1$/);
    expect(done.ChecksumType).toBe("COMPOSITE");
  });

  test("of the SDK's own helper work", async () => {
    const body = Buffer.alloc(11 * MIB, "z");
    const upload = new Upload({ client: sdk, params: { Bucket, Key, Body: body } });
    await upload.done();
    const head = await sdk.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ContentLength).toBe(body.length);
  });

  test("can be listed with their parts, page by page", async () => {
    const folder = `${Key}/`;
    const started: string[] = [];
    for (const name of ["b", "a", "a"]) {
      Key = folder + name;
      started.push(await create());
      emulator.control.advanceClock(10);
    }
    const [idOfB = "", first = "", second = ""] = started;
    await sendPart(second, 3, Buffer.from("ccc"));
    await sendPart(second, 1, Buffer.from("a"));
    const uploads: (string | undefined)[] = [];
    let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
    for (let page = 0; page < 3; page += 1) {
      const answer = await sdk.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: folder, MaxUploads: 1, ...marker }),
      );
      expect(answer.IsTruncated).toBe(page < 2);
      uploads.push(...(answer.Uploads ?? []).map(({ UploadId }) => UploadId));
      marker = {
        KeyMarker: answer.NextKeyMarker ?? "",
        UploadIdMarker: answer.NextUploadIdMarker ?? "",
      };
    }
    expect(uploads).toEqual([first, second, idOfB]);
    const page = await sdk.send(
      new ListPartsCommand({ Bucket, Key: `${folder}a`, UploadId: second, MaxParts: 1 }),
    );
    expect(page).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "1" });
    const rest = await sdk.send(
      new ListPartsCommand({
        Bucket,
        Key: `${folder}a`,
        UploadId: second,
        PartNumberMarker: page.NextPartNumberMarker,
      }),
    );
    expect(rest.Parts).toMatchObject([{ PartNumber: 3, Size: 3 }]);
    expect(rest.IsTruncated).toBe(false);
  });

  test("that are told to fail answer 200 with an error, and stay", async () => {
    const id = await create();
    const etag = await sendPart(id, 1, Buffer.from("x"));
    emulator.control.failCompletions(1);
    expect(await complete(id, [[1, etag]])).toMatchObject({ status: 200, code: "InternalError" });
    expect(await complete(id, [[1, etag]])).toMatchObject({ status: 200, code: null });
  });
});
