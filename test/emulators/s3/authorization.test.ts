import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import { startS3Emulator } from "../../../src/emulators/s3/server.ts";
import { S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { type RawCall, sendPlain, sendRaw } from "./raw-s3.ts";

let emulator: Emulator<S3Control>;
beforeAll(async () => {
  ({ emulator } = await startTestS3());
});
afterAll(async () => emulator.close());

const MINUTE = 60_000;
const call: RawCall = { method: "PUT", path: `/${S3_BUCKET}/key`, body: "content" };

describe("signatures at the S3 emulator", () => {
  test("the right one opens the door", async () => {
    expect(await sendRaw(emulator.url, call)).toMatchObject({ status: 200 });
    const path = `/${S3_BUCKET}/${encodeURIComponent("ä b+c'()*!~").replace("'", "%27")}`;
    expect(await sendRaw(emulator.url, { ...call, path })).toMatchObject({ status: 200 });
    const query = "list-type=2&prefix=%C3%A4%20b";
    const list = await sendRaw(emulator.url, { path: `/${S3_BUCKET}`, query });
    expect(list).toMatchObject({ status: 200 });
  });

  test.each<[string, Partial<RawCall>, number, string]>([
    ["another secret", { secretAccessKey: "other" }, 403, "SignatureDoesNotMatch"],
    ["an unknown key", { accessKeyId: "AKIDOTHER" }, 403, "InvalidAccessKeyId"],
    ["another region", { region: "eu-west-1" }, 400, "AuthorizationHeaderMalformed"],
    ["another service", { service: "bedrock" }, 400, "AuthorizationHeaderMalformed"],
    ["16 minutes ago", { at: new Date(Date.now() - 16 * MINUTE) }, 403, "RequestTimeTooSkewed"],
    ["in 16 minutes", { at: new Date(Date.now() + 16 * MINUTE) }, 403, "RequestTimeTooSkewed"],
    ["a date that is none", { headers: { "x-amz-date": "today" } }, 403, "AccessDenied"],
    [
      "another day than that of its scope",
      { headers: { "x-amz-date": "20200101T000000Z" } },
      400,
      "AuthorizationHeaderMalformed",
    ],
    ["an unsigned x-amz- header", { unsigned: { "x-amz-acl": "private" } }, 403, "AccessDenied"],
    [
      "a header changed on the way",
      { unsigned: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
      403,
      "SignatureDoesNotMatch",
    ],
    ["no scheme", { unsigned: { authorization: "nonsense" } }, 400, "AuthorizationHeaderMalformed"],
    [
      "a bearer token",
      { unsigned: { authorization: "Bearer x" } },
      400,
      "AuthorizationHeaderMalformed",
    ],
  ])("%s is refused", async (...row) => {
    const [, change, status, code] = row;
    const reply = await sendRaw(emulator.url, { ...call, path: `/${S3_BUCKET}/not`, ...change });
    expect([reply.status, reply.code]).toEqual([status, code]);
    const keys = emulator.control.objects(S3_BUCKET).map(({ key }) => key);
    expect(keys).not.toContain("not");
  });

  test("a call without a signature is AccessDenied, a presigned one NotImplemented", async () => {
    const plain = { method: "GET", headers: {} };
    const path = `/${S3_BUCKET}/key`;
    expect(await sendPlain(emulator.url, { ...plain, path })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    const presigned = `${path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00`;
    expect(await sendPlain(emulator.url, { ...plain, path: presigned })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
  });

  test("without configured credentials any key is known, and the shape still counts", async () => {
    await using open = await startS3Emulator({ buckets: [S3_BUCKET] });
    const path = `/${S3_BUCKET}/key`;
    expect(
      await sendRaw(open.url, { ...call, accessKeyId: "ANY", secretAccessKey: "any" }),
    ).toMatchObject({
      status: 200,
    });
    expect(await sendPlain(open.url, { method: "GET", path, headers: {} })).toMatchObject({
      status: 403,
    });
    expect(await sendRaw(open.url, { ...call, region: "eu-west-1" })).toMatchObject({
      status: 400,
    });
  });

  test("its clock can be moved, and requests are then too old", async () => {
    await using late = await startS3Emulator({ buckets: [S3_BUCKET] });
    late.control.advanceClock(3_600_000);
    expect(await sendRaw(late.url, call)).toMatchObject({ code: "RequestTimeTooSkewed" });
  });
});
