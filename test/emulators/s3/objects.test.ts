import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import { createTestClient, S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { type RawCall, sendPlain, sendRaw } from "./raw-s3.ts";

const CRC = (content: string) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString("base64");
};
const MD5 = (content: string) => createHash("md5").update(content).digest("base64");
const SHA256 = (content: string) => createHash("sha256").update(content).digest("base64");

let emulator: Emulator<S3Control>;
let sdk: S3Client;
beforeAll(async () => {
  ({ emulator } = await startTestS3());
  sdk = createTestClient(emulator.url);
});
afterAll(async () => {
  sdk.destroy();
  await emulator.close();
});
const send = async (call: RawCall) => sendRaw(emulator.url, call);
const put = async (key: string, body: string, headers: Record<string, string> = {}) =>
  send({ method: "PUT", path: `/${S3_BUCKET}/${key}`, body, headers });

describe("objects of the S3 emulator", () => {
  test("come back with content type, metadata, ETag and times", async () => {
    const Key = "folder/ä b+c.jsonl";
    const { ETag } = await sdk.send(
      new PutObjectCommand({
        Bucket: S3_BUCKET,
        Key,
        Body: "hello",
        ContentType: "application/jsonl",
        Metadata: { owner: "someone" },
      }),
    );
    expect(ETag).toBe(`"${createHash("md5").update("hello").digest("hex")}"`);
    const head = await sdk.send(new HeadObjectCommand({ Bucket: S3_BUCKET, Key }));
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: "application/jsonl",
      Metadata: { owner: "someone" },
      ETag,
      ServerSideEncryption: "AES256",
    });
    const got = await sdk.send(new GetObjectCommand({ Bucket: S3_BUCKET, Key }));
    expect(await got.Body?.transformToString()).toBe("hello");
    expect(emulator.control.objects(S3_BUCKET)).toContainEqual({
      key: Key,
      bytes: 5,
      contentType: "application/jsonl",
    });
  });

  test("have the content type binary/octet-stream if none was given, and no coding of S3's own", async () => {
    await put("plain", "x", { "content-encoding": "aws-chunked,gzip" });
    const reply = await send({ method: "HEAD", path: `/${S3_BUCKET}/plain` });
    expect(reply.headers["content-type"]).toBe("binary/octet-stream");
    expect(reply.headers["content-encoding"]).toBe("gzip");
  });

  test.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=3-1", 200, "0123456789", undefined],
    ["bytes=1-2,4-5", 200, "0123456789", undefined],
    ["lines=1-2", 200, "0123456789", undefined],
  ])("answer the range %s with %d", async (...row) => {
    const [range, status, content, contentRange] = row;
    await put("digits", "0123456789");
    const path = `/${S3_BUCKET}/digits`;
    const reply = await send({ path, headers: { range } });
    expect([reply.status, reply.text]).toEqual([status, content]);
    expect(reply.headers["content-range"]).toBe(contentRange);
    expect(reply.headers["content-length"]).toBe(String(content.length));
    const head = await send({ method: "HEAD", path, headers: { range } });
    expect([head.status, head.headers["content-length"]]).toEqual([status, String(content.length)]);
  });

  test.each([["bytes=10-"], ["bytes=99-100"], ["bytes=-0"]])(
    "refuse the range %s with InvalidRange",
    async (range) => {
      await put("digits", "0123456789");
      const reply = await send({ path: `/${S3_BUCKET}/digits`, headers: { range } });
      expect([reply.status, reply.code]).toEqual([416, "InvalidRange"]);
    },
  );

  test.each([
    ["if-match", (etag: string) => etag, 200],
    ["if-match", () => '"other"', 412],
    ["if-none-match", (etag: string) => etag, 304],
    ["if-none-match", () => '"other"', 200],
  ])("answer %s by the ETag", async (name, toValue, status) => {
    const { headers } = await put("conditional", "x");
    const value = toValue(headers.etag ?? "");
    const reply = await send({ path: `/${S3_BUCKET}/conditional`, headers: { [name]: value } });
    expect(reply.status).toBe(status);
  });

  test("can be put only where none is", async () => {
    const condition = { "if-none-match": "*" };
    expect((await put("once", "first", condition)).status).toBe(200);
    expect(await put("once", "second", condition)).toMatchObject({
      status: 412,
      code: "PreconditionFailed",
    });
    expect((await send({ path: `/${S3_BUCKET}/once` })).text).toBe("first");
    expect(await put("once", "x", { "if-none-match": '"etag"' })).toMatchObject({ status: 501 });
  });

  test("a delete answers 204 whether there was one or not", async () => {
    await put("doomed", "x");
    for (const path of [`/${S3_BUCKET}/doomed`, `/${S3_BUCKET}/doomed`]) {
      expect(await send({ method: "DELETE", path })).toMatchObject({ status: 204, text: "" });
    }
    expect(await send({ path: `/${S3_BUCKET}/doomed` })).toMatchObject({
      status: 404,
      code: "NoSuchKey",
    });
  });

  test("errors of HEAD have no body", async () => {
    for (const path of [`/${S3_BUCKET}/none`, "/no-such-bucket/none", "/no-such-bucket"]) {
      expect(await send({ method: "HEAD", path })).toMatchObject({ status: 404, text: "" });
    }
  });

  test.each([
    ["x-amz-checksum-crc32", CRC("body")],
    ["x-amz-checksum-sha256", SHA256("body")],
    ["x-amz-checksum-sha1", createHash("sha1").update("body").digest("base64")],
  ])("%s is checked, kept and told to who asks", async (name, value) => {
    const reply = await put("summed", "body", { [name]: value });
    expect([reply.status, reply.headers[name]]).toEqual([200, value]);
    const path = `/${S3_BUCKET}/summed`;
    const asked = await send({ path, headers: { "x-amz-checksum-mode": "ENABLED" } });
    expect(asked.headers[name]).toBe(value);
    expect((await send({ path })).headers[name]).toBeUndefined();
  });

  test.each<[string, Record<string, string>, string]>([
    ["a wrong CRC32", { "x-amz-checksum-crc32": CRC("other") }, "BadDigest"],
    ["a CRC32 of another length", { "x-amz-checksum-crc32": "AAAA" }, "InvalidRequest"],
    [
      "two checksums",
      { "x-amz-checksum-crc32": CRC("body"), "x-amz-checksum-sha256": SHA256("body") },
      "InvalidRequest",
    ],
    [
      "a checksum that isn't the one announced",
      { "x-amz-checksum-crc32": CRC("body"), "x-amz-sdk-checksum-algorithm": "SHA256" },
      "InvalidRequest",
    ],
    ["a checksum nobody computes here", { "x-amz-checksum-crc64nvme": "AAAA" }, "NotImplemented"],
    ["a wrong MD5", { "content-md5": MD5("other") }, "BadDigest"],
    ["an MD5 that is none", { "content-md5": "x" }, "InvalidDigest"],
    ["too much metadata", { "x-amz-meta-note": "x".repeat(3000) }, "MetadataTooLarge"],
    ["a copy", { "x-amz-copy-source": "/a/b" }, "NotImplemented"],
  ])("refuse %s and keep nothing", async (_, headers, code) => {
    expect(await put("refused", "body", headers)).toMatchObject({ code });
    expect(emulator.control.objects(S3_BUCKET).map(({ key }) => key)).not.toContain("refused");
  });

  test("refuse a body that isn't the one that was signed", async () => {
    const payloadHash = createHash("sha256").update("other").digest("hex");
    const reply = await send({
      method: "PUT",
      path: `/${S3_BUCKET}/refused`,
      body: "body",
      payloadHash,
    });
    expect([reply.status, reply.code]).toEqual([400, "XAmzContentSHA256Mismatch"]);
  });

  test("the SDK's streams with a trailing checksum are decoded", async () => {
    const content = "streamed ".repeat(30_000);
    await sdk.send(
      new PutObjectCommand({
        Bucket: S3_BUCKET,
        Key: "streamed",
        Body: Readable.from([content.slice(0, 70_000), content.slice(70_000)]),
        ContentLength: content.length,
      }),
    );
    const last = emulator.control.journal().findLast(({ path }) => path.endsWith("/streamed"));
    expect(last?.headers["x-amz-content-sha256"]).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    const got = await sdk.send(new GetObjectCommand({ Bucket: S3_BUCKET, Key: "streamed" }));
    expect(await got.Body?.transformToString()).toBe(content);
  });

  test.each<[string, string, Record<string, string>, string | null]>([
    ["as it should be", `4\r\nbody\r\n0\r\nx-amz-checksum-crc32:${CRC("body")}\r\n\r\n`, {}, null],
    [
      "in small chunks",
      `1\r\nb\r\n3;x=y\r\nody\r\n0\r\nx-amz-checksum-crc32:${CRC("body")}\r\n\r\n`,
      {},
      null,
    ],
    [
      "with a wrong checksum",
      `4\r\nbody\r\n0\r\nx-amz-checksum-crc32:${CRC("x")}\r\n\r\n`,
      {},
      "BadDigest",
    ],
    ["without its checksum", "4\r\nbody\r\n0\r\n\r\n", {}, "InvalidRequest"],
    ["without its end", "4\r\nbody\r\n", {}, "IncompleteBody"],
    ["with a broken chunk", "5\r\nbody\r\n0\r\n\r\n", {}, "IncompleteBody"],
    ["that isn't chunked", "body", {}, "IncompleteBody"],
    [
      "longer than announced",
      `5\r\nbody!\r\n0\r\nx-amz-checksum-crc32:${CRC("body!")}\r\n\r\n`,
      {},
      "IncompleteBody",
    ],
    [
      "shorter than announced",
      `3\r\nbod\r\n0\r\nx-amz-checksum-crc32:${CRC("bod")}\r\n\r\n`,
      {},
      "IncompleteBody",
    ],
    [
      "without its length",
      "4\r\nbody\r\n0\r\n\r\n",
      { "x-amz-decoded-content-length": "" },
      "MissingContentLength",
    ],
  ])("a chunked body %s", async (...row) => {
    const [, body, headers, code] = row;
    const reply = await send({
      method: "PUT",
      path: `/${S3_BUCKET}/chunked`,
      body,
      payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "4",
        "x-amz-trailer": "x-amz-checksum-crc32",
        ...headers,
      },
    });
    expect(reply.code).toBe(code);
  });

  test("a chunked body may be cut anywhere on its way", async () => {
    const { AwsChunkedDecoder } = await import("../../../src/emulators/s3/aws-chunked.ts");
    const whole = Buffer.from(`4\r\nbody\r\n2\r\n\r\n\r\n0\r\nx-a:b\r\nx-c: d\r\n\r\n`);
    for (let step = 1; step <= whole.length; step += 1) {
      const decoder = new AwsChunkedDecoder();
      const data: Buffer[] = [];
      for (let at = 0; at < whole.length; at += step) {
        data.push(...decoder.push(whole.subarray(at, at + step)));
      }
      decoder.end();
      expect(Buffer.concat(data).toString()).toBe("body\r\n");
      expect(Object.fromEntries(decoder.trailers)).toEqual({ "x-a": "b", "x-c": "d" });
    }
  });

  test("a body that breaks off leaves nothing, and the emulator goes on", async () => {
    emulator.control.inject({ kind: "reset", afterBytes: 100_000, method: "PUT" });
    await expect(put("broken", "x".repeat(1_000_000))).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(emulator.control.objects(S3_BUCKET).map(({ key }) => key)).not.toContain("broken");
    expect((await put("after", "x")).status).toBe(200);
  });

  test.each([
    ["GET", "/", undefined, 501, "NotImplemented"],
    ["GET", `/${S3_BUCKET}`, undefined, 501, "NotImplemented"],
    ["GET", `/${S3_BUCKET}/a`, "acl", 501, "NotImplemented"],
    ["GET", `/${S3_BUCKET}/a`, "versionId=1", 501, "NotImplemented"],
    ["PUT", `/${S3_BUCKET}/a`, "partNumber=1", 501, "NotImplemented"],
    ["PATCH", `/${S3_BUCKET}/a`, undefined, 501, "NotImplemented"],
    ["GET", `/${S3_BUCKET}/${"k".repeat(1025)}`, undefined, 400, "KeyTooLongError"],
    ["GET", "/No_Bucket/a", undefined, 400, "InvalidBucketName"],
    ["GET", "/no-such-bucket/a", undefined, 404, "NoSuchBucket"],
    ["PUT", "/no-such-bucket/a", undefined, 404, "NoSuchBucket"],
    ["PUT", `/${S3_BUCKET}`, undefined, 409, "BucketAlreadyOwnedByYou"],
    ["PUT", "/192.168.1.1", undefined, 400, "InvalidBucketName"],
    ["PUT", "/ab", undefined, 400, "InvalidBucketName"],
    ["PUT", "/double..dot", undefined, 400, "InvalidBucketName"],
    ["PUT", "/xn--bucket", undefined, 400, "InvalidBucketName"],
  ])("%s %s?%s is %d %s", async (...row) => {
    const [method, path, query, status, code] = row;
    const reply = await send({ method, path, ...(query === undefined ? {} : { query }) });
    expect([reply.status, reply.code]).toEqual([status, code]);
  });

  test.each([[`/${S3_BUCKET}/%zz`], [`/${S3_BUCKET}?prefix=%e4`]])(
    "%s is InvalidURI",
    async (path) => {
      const reply = await sendPlain(emulator.url, { method: "GET", path, headers: {} });
      expect([reply.status, reply.code]).toEqual([400, "InvalidURI"]);
    },
  );

  test("a bucket can be made and is empty", async () => {
    const made = await send({ method: "PUT", path: "/made-here" });
    expect([made.status, made.headers.location]).toEqual([200, "/made-here"]);
    const head = await send({ method: "HEAD", path: "/made-here" });
    expect([head.status, head.headers["x-amz-bucket-region"]]).toEqual([200, "us-east-1"]);
    expect(emulator.control.objects("made-here")).toEqual([]);
  });

  test("a reader goes on to the end though the object is replaced", async () => {
    const content = "x".repeat(5_000_000);
    await put("replaced", content);
    const got = await sdk.send(new GetObjectCommand({ Bucket: S3_BUCKET, Key: "replaced" }));
    await put("replaced", "short");
    expect((await got.Body?.transformToString())?.length).toBe(content.length);
  });
});
