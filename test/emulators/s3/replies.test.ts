import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import { S3_ERRORS } from "../../../src/emulators/s3/s3-error.ts";
import { S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { type RawReply, sendRaw } from "./raw-s3.ts";
import { elementPaths, findViolations, modelErrors, modelOperations } from "./s3-model.ts";

let emulator: Emulator<S3Control>;
const replies = new Map<string, RawReply>();

/** What S3 always sends, by its documentation: elements as paths, headers in lower case. */
const ALWAYS: Readonly<Record<string, readonly string[]>> = {
  PutObject: ["etag", "x-amz-server-side-encryption", "x-amz-checksum-crc32"],
  GetObject: ["etag", "last-modified", "content-length", "content-type", "accept-ranges"],
  HeadObject: ["etag", "last-modified", "content-length", "content-type", "accept-ranges"],
  DeleteObject: [],
  DeleteObjects: ["Deleted", "Deleted.Key"],
  ListObjectsV2:
    "Name Prefix Delimiter KeyCount MaxKeys IsTruncated NextContinuationToken EncodingType StartAfter Contents.Key Contents.LastModified Contents.ETag Contents.Size Contents.StorageClass CommonPrefixes.Prefix".split(
      " ",
    ),
  CreateMultipartUpload: ["Bucket", "Key", "UploadId"],
  UploadPart: ["etag"],
  CompleteMultipartUpload: ["Location", "Bucket", "Key", "ETag"],
  AbortMultipartUpload: [],
  ListMultipartUploads:
    "Bucket KeyMarker UploadIdMarker NextKeyMarker NextUploadIdMarker MaxUploads IsTruncated Upload.Key Upload.UploadId Upload.Initiated Upload.StorageClass Upload.Owner.ID Upload.Initiator.ID".split(
      " ",
    ),
  ListParts:
    "Bucket Key UploadId PartNumberMarker NextPartNumberMarker MaxParts IsTruncated StorageClass Part.PartNumber Part.LastModified Part.ETag Part.Size Owner.ID Initiator.ID".split(
      " ",
    ),
  CreateBucket: ["location"],
  HeadBucket: ["x-amz-bucket-region"],
};

beforeAll(async () => {
  ({ emulator } = await startTestS3());
  const bucket = `/${S3_BUCKET}`;
  const path = `${bucket}/folder/key`;
  const call = async (
    name: string,
    options: Omit<Parameters<typeof sendRaw>[1], "path"> & { path?: string },
  ) => {
    const reply = await sendRaw(emulator.url, { path, ...options });
    replies.set(name, reply);
    return reply;
  };
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32("content"));
  await call("CreateBucket", { method: "PUT", path: "/another-bucket" });
  await call("HeadBucket", { method: "HEAD", path: bucket });
  const body = "content";
  await call("PutObject", {
    method: "PUT",
    body,
    headers: { "x-amz-meta-a": "b", "x-amz-checksum-crc32": checksum.toString("base64") },
  });
  await call("GetObject", { headers: { range: "bytes=1-3" } });
  await call("HeadObject", { method: "HEAD", headers: { "x-amz-checksum-mode": "ENABLED" } });
  await sendRaw(emulator.url, { method: "PUT", path: `${bucket}/top`, body: "x" });
  await sendRaw(emulator.url, { method: "PUT", path: `${bucket}/top2`, body: "x" });
  await call("ListObjectsV2", {
    path: bucket,
    query: "delimiter=%2F&encoding-type=url&list-type=2&max-keys=2&start-after=a",
  });
  const created = await call("CreateMultipartUpload", { method: "POST", query: "uploads=" });
  const id = /<UploadId>([^<]+)/.exec(created.text)?.[1] ?? "";
  const part = await call("UploadPart", {
    method: "PUT",
    body,
    query: `partNumber=1&uploadId=${id}`,
  });
  await sendRaw(emulator.url, { method: "PUT", path, body, query: `partNumber=2&uploadId=${id}` });
  await call("ListParts", { query: `max-parts=1&uploadId=${id}` });
  const other = await sendRaw(emulator.url, { method: "POST", path, query: "uploads=" });
  const otherId = /<UploadId>([^<]+)/.exec(other.text)?.[1] ?? "";
  await call("ListMultipartUploads", { path: bucket, query: "max-uploads=1&uploads=" });
  await call("AbortMultipartUpload", { method: "DELETE", query: `uploadId=${otherId}` });
  const etag = part.headers.etag ?? "";
  await call("CompleteMultipartUpload", {
    method: "POST",
    query: `uploadId=${id}`,
    body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`,
  });
  const list = "<Delete><Object><Key>top</Key></Object></Delete>";
  await call("DeleteObjects", {
    method: "POST",
    path: bucket,
    query: "delete=",
    body: list,
    headers: { "content-md5": createHash("md5").update(list).digest("base64") },
  });
  await call("DeleteObject", { method: "DELETE" });
});
afterAll(async () => emulator.close());

describe("replies of the S3 emulator", () => {
  test("there is one of every operation in the model", () => {
    expect([...replies.keys()].toSorted()).toEqual(modelOperations.toSorted());
    expect(Object.keys(ALWAYS).toSorted()).toEqual(modelOperations.toSorted());
  });

  test.each(modelOperations)("%s answers as AWS's own model has it", (operation) => {
    const reply = replies.get(operation);
    expect(reply).toBeDefined();
    if (reply === undefined) return;
    expect(reply.code).toBeNull();
    expect(findViolations(operation, reply)).toEqual([]);
    const present = [...elementPaths(reply), ...Object.keys(reply.headers)];
    expect(present).toEqual(expect.arrayContaining([...(ALWAYS[operation] ?? [])]));
    expect(reply.headers["x-amz-request-id"]).toMatch(/^[0-9A-F]{16}$/);
    expect(reply.headers["x-amz-id-2"]).toBeDefined();
  });

  test("the check finds what isn't as in the model", () => {
    const list = replies.get("ListObjectsV2");
    expect(list).toBeDefined();
    if (list === undefined) return;
    const spoiled = {
      ...list,
      headers: { ...list.headers, "x-amz-own": "1" },
      text: list.text
        .replace("<KeyCount>2<", "<KeyCount>two<")
        .replace("</Contents>", "<Colour>red</Colour></Contents>"),
    };
    expect(findViolations("ListObjectsV2", spoiled)).toEqual([
      "header x-amz-own isn't declared",
      'ListObjectsV2.KeyCount is "two", which is no integer',
      "ListObjectsV2.Contents.Colour isn't declared",
    ]);
  });

  test("errors have the model's statuses, and the elements of every S3 error", async () => {
    const shared = Object.entries(S3_ERRORS).filter(([code]) => modelErrors.has(code));
    expect(shared.map(([code]) => code)).toEqual(
      expect.arrayContaining(["NoSuchKey", "NoSuchBucket", "NoSuchUpload", "InvalidRequest"]),
    );
    for (const [code, status] of shared)
      expect([code, status]).toEqual([code, modelErrors.get(code)]);
    const reply = await sendRaw(emulator.url, { path: `/${S3_BUCKET}/none` });
    expect(reply.headers["content-type"]).toBe("application/xml");
    expect([...elementPaths(reply)]).toEqual(["Code", "Message", "Key", "RequestId", "HostId"]);
  });
});
