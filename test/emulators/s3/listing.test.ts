import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import { createTestClient, S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { sendRaw } from "./raw-s3.ts";

const Bucket = S3_BUCKET;
const KEYS = [
  "a",
  "a/1",
  "a/2",
  "a/b/3",
  "a0",
  "b/",
  "b/x",
  "z\u{1F600}",
  "zä",
  "z\uFFFD",
  "ü &<>",
];

let emulator: Emulator<S3Control>;
let sdk: S3Client;
beforeAll(async () => {
  ({ emulator } = await startTestS3());
  sdk = createTestClient(emulator.url);
  for (const key of KEYS) await put(key);
});
afterAll(async () => {
  sdk.destroy();
  await emulator.close();
});

async function put(key: string) {
  const path = `/${Bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  await sendRaw(emulator.url, { method: "PUT", path, body: key });
}

interface Listed {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly pages: number;
}

async function listAll(options: {
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly StartAfter?: string;
}): Promise<Listed> {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let pages = 0;
  let token: string | undefined;
  do {
    const page = await sdk.send(
      new ListObjectsV2Command({
        Bucket,
        ...options,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    pages += 1;
    expect(page.KeyCount).toBe((page.Contents ?? []).length + (page.CommonPrefixes ?? []).length);
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ""));
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ""));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return { keys, prefixes, pages };
}

const byBytes = KEYS.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

describe("lists of the S3 emulator", () => {
  test("are in the order of UTF-8 bytes, and XML doesn't harm the keys", async () => {
    expect(byBytes).not.toEqual(KEYS.toSorted());
    expect(await listAll({})).toEqual({ keys: byBytes, prefixes: [], pages: 1 });
  });

  test.each([[1], [2], [3], [7], [11], [12]])(
    "come in pages of %d without gaps",
    async (MaxKeys) => {
      expect(await listAll({ MaxKeys })).toEqual({
        keys: byBytes,
        prefixes: [],
        pages: Math.ceil(KEYS.length / MaxKeys),
      });
    },
  );

  test.each([[1], [2], [1000]])("fold by a delimiter, also in pages of %d", async (MaxKeys) => {
    const { keys, prefixes } = await listAll({ Delimiter: "/", MaxKeys });
    expect(prefixes).toEqual(["a/", "b/"]);
    expect(keys).toEqual(byBytes.filter((key) => !key.includes("/")));
    const inner = await listAll({ Delimiter: "/", Prefix: "a/", MaxKeys });
    expect(inner).toMatchObject({ keys: ["a/1", "a/2"], prefixes: ["a/b/"] });
  });

  test("begin after a key, and with a prefix", async () => {
    expect((await listAll({ StartAfter: "a/2" })).keys[0]).toBe("a/b/3");
    expect((await listAll({ StartAfter: "a/3" })).keys[0]).toBe("a/b/3");
    expect((await listAll({ Prefix: "a/" })).keys).toEqual(["a/1", "a/2", "a/b/3"]);
    expect((await listAll({ Prefix: "none" })).keys).toEqual([]);
  });

  test("an empty page is asked for with max-keys=0", async () => {
    const page = await sdk.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
    expect(page).toMatchObject({ KeyCount: 0, MaxKeys: 0, IsTruncated: false });
  });

  test("encode keys when asked to", async () => {
    const reply = await sendRaw(emulator.url, {
      path: `/${Bucket}`,
      query: "encoding-type=url&list-type=2&prefix=%C3%BC",
    });
    expect(reply.text).toContain("<Key>%C3%BC%20%26%3C%3E</Key>");
    expect(reply.text).toContain("<Prefix>%C3%BC</Prefix><KeyCount>1</KeyCount>");
  });

  test.each([
    ["list-type=2&max-keys=-1"],
    ["list-type=2&max-keys=x"],
    ["continuation-token=nonsense&list-type=2"],
    ["encoding-type=xml&list-type=2"],
  ])("%s is InvalidArgument", async (query) => {
    const reply = await sendRaw(emulator.url, { path: `/${Bucket}`, query });
    expect([reply.status, reply.code]).toEqual([400, "InvalidArgument"]);
  });

  test("the first version of the list isn't there", async () => {
    const reply = await sendRaw(emulator.url, { path: `/${Bucket}`, query: "list-type=1" });
    expect([reply.status, reply.code]).toEqual([501, "NotImplemented"]);
  });
});

describe("deleting many at once", () => {
  const remove = async (body: string, headers: Record<string, string> = {}) =>
    sendRaw(emulator.url, { method: "POST", path: `/${Bucket}`, query: "delete=", body, headers });
  const md5 = (body: string) => ({
    "content-md5": createHash("md5").update(body).digest("base64"),
  });

  test("works with the SDK, and tells each", async () => {
    await put("gone/1");
    await put("gone/ä&");
    const Objects = [{ Key: "gone/1" }, { Key: "gone/ä&" }, { Key: "gone/never-there" }];
    const answer = await sdk.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Deleted).toEqual(Objects);
    expect((await listAll({ Prefix: "gone/" })).keys).toEqual([]);
  });

  test("says nothing when told to be quiet", async () => {
    const body = "<Delete><Quiet>true</Quiet><Object><Key>none</Key></Object></Delete>";
    const reply = await remove(body, md5(body));
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain("Deleted");
  });

  test("asks for a digest of the list", async () => {
    const body = "<Delete><Object><Key>none</Key></Object></Delete>";
    expect(await remove(body)).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(await remove(body, md5("other"))).toMatchObject({ code: "BadDigest" });
  });

  test.each([
    ["<Delete></Delete>"],
    ["<Delete><Object></Object></Delete>"],
    [`<Delete>${"<Object><Key>k</Key></Object>".repeat(1001)}</Delete>`],
  ])("refuses %.40s… as MalformedXML", async (body) => {
    expect(await remove(body, md5(body))).toMatchObject({ status: 400, code: "MalformedXML" });
  });
});
