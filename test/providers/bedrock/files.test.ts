import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { createTestClient, S3_BUCKET } from "../../support/s3.ts";
import { failure, never, startHost } from "../http-host.ts";
import { bedrockOptions, fileOf, startAwsStage } from "./aws-stage.ts";

const MIB = 1024 * 1024;
const S3_URI =
  /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/;
const content = Buffer.from('{"recordId":"1","modelInput":{}}\n');

async function putForeign(endpoint: string, keys: readonly string[]): Promise<void> {
  const client = createTestClient(endpoint);
  for (const Key of keys) {
    await client.send(new PutObjectCommand({ Bucket: S3_BUCKET, Key, Body: Key }));
  }
  client.destroy();
}

describe("files of Bedrock are objects in S3", () => {
  test.each([
    ["in.jsonl", "batch", "in.jsonl"],
    ["naïve & grüße.jsonl", "batch", "na-ve-gr-e.jsonl"],
    ["../../etc/passwd", "batch", "passwd.jsonl"],
    ["..", "batch", "file.jsonl"],
    ["", "batch", "file.jsonl"],
    ["日本語.pdf", "user_data", "-.pdf"],
    [`${"x".repeat(300)}.jsonl`, "batch", `${"x".repeat(194)}.jsonl`],
  ])("a file called %j for %s is an object that Bedrock can read", async (name, purpose, last) => {
    await using stage = await startAwsStage();
    const files = stage.files();
    const sent = await files.upload(fileOf(content, { filename: name, purpose }), never);
    expect(sent.id).toMatch(S3_URI);
    expect(sent.id.split("/")[3]).toBe("batches");
    expect(sent.id.split("/").at(-1)).toBe(last);
    expect(sent).toMatchObject({ purpose, bytes: content.length, mimeType: "application/jsonl" });
    expect(sent.filename).toBe(name === "" ? last : name);
    expect(await files.retrieve(sent.id, never)).toEqual(sent);
    expect((await files.list({ after: null, limit: 10 }, never)).items).toEqual([sent]);
  });

  test("they go where the request says, and all calls to the region that it names", async () => {
    await using host = await startHost((response, { method }) => {
      response.writeHead(200, {
        "content-length": method === "HEAD" ? "4" : "0",
        "last-modified": new Date(0).toUTCString(),
        etag: '"d41d8cd98f00b204e9800998ecf8427e"',
      });
      response.end();
    });
    await using stage = await startAwsStage({
      provider: { region: "eu-west-1", s3: { ...bedrockOptions(host.url, "").s3 } },
    });
    const s3 = { bucket: "their-bucket", prefix: "a/b/", region: "us-west-2" };
    const sent = await stage.files({ storage_config: { s3 } }).upload(fileOf(content), never);
    expect(sent.id).toMatch(/^s3:\/\/their-bucket\/a\/b\/[0-9a-z]{9}-[0-9a-f-]{36}\/in\.jsonl$/);
    await stage.files().retrieve("s3://their-bucket/x", never);
    const regions = host.seen.map(
      ({ headers }) =>
        /Credential=[^/]+\/\d+\/([^/]+)\/s3/.exec(headers["authorization"] ?? "")?.[1],
    );
    expect(regions).toEqual(["us-west-2", "us-west-2", "eu-west-1"]);
  });

  test("a large one goes in parts and comes back the same", async () => {
    await using stage = await startAwsStage();
    const large = Buffer.alloc(20 * MIB, "0123456789abcdef\n");
    const files = stage.files();
    const { id, bytes } = await files.upload(fileOf(large), never);
    expect(bytes).toBe(large.length);
    const parts = stage.s3.control.journal().filter(({ query }) => query.includes("partNumber="));
    expect(parts).toHaveLength(3);
    expect((await buffer(await files.open(id, never))).equals(large)).toBe(true);
    const range = { start: 9 * MIB, end: 9 * MIB + 99 };
    expect(await buffer(await files.open(id, never, range))).toEqual(
      large.subarray(range.start, range.end + 1),
    );
  });

  test("one whose upload is given up leaves nothing in the bucket", async () => {
    await using stage = await startAwsStage();
    const controller = new AbortController();
    const reason = new Error("the client has gone");
    async function* endless() {
      for (let count = 0; ; count += 1) {
        if (count === 20) controller.abort(reason);
        yield Buffer.alloc(MIB);
      }
    }
    const file = fileOf(content, { open: async () => Readable.from(endless()) });
    await expect(stage.files().upload(file, controller.signal)).rejects.toBe(reason);
    expect(stage.s3.control.objects(S3_BUCKET)).toEqual([]);
    expect(stage.s3.control.uploads(S3_BUCKET)).toEqual([]);
  });

  test("what others put there is listed too, and what jobs wrote is called so", async () => {
    await using stage = await startAwsStage();
    await putForeign(stage.s3.url, [
      "batches/foreign.jsonl",
      "batches/output/abcdefghijkl/in.jsonl.out",
      "batches/folder/",
      "batches/not for bedrock.jsonl",
      "elsewhere/in.jsonl",
    ]);
    const { items, next } = await stage.files().list({ after: null, limit: 10 }, never);
    expect(next).toBeNull();
    expect(items.map(({ id, purpose, filename }) => [id, purpose, filename])).toEqual([
      [`s3://${S3_BUCKET}/batches/foreign.jsonl`, "batch", "foreign.jsonl"],
      [
        `s3://${S3_BUCKET}/batches/output/abcdefghijkl/in.jsonl.out`,
        "batch_output",
        "in.jsonl.out",
      ],
    ]);
    const id = items[0]?.id ?? "";
    expect(await text(await stage.files().open(id, never))).toBe("batches/foreign.jsonl");
  });

  test("the newest of a thousand come first, and a list can begin after any of them", async () => {
    await using stage = await startAwsStage();
    const keys = Array.from(
      { length: 12 },
      (_, number) => `batches/z${number % 10}${number}.jsonl`,
    );
    await putForeign(stage.s3.url, keys.slice(0, 6));
    stage.s3.control.advanceClock(5_000);
    await putForeign(stage.s3.url, keys.slice(6));
    const files = stage.files();
    const all = await files.list({ after: null, limit: 100 }, never);
    const ids = all.items.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(keys.map((key) => `s3://${S3_BUCKET}/${key}`).toSorted());
    expect(all.items.map(({ createdAt }) => createdAt)).toEqual(
      all.items.map(({ createdAt }) => createdAt).toSorted((one, other) => other - one),
    );
    const behind = await files.list({ after: ids[4] ?? "", limit: 3 }, never);
    expect(behind.items.map(({ id }) => id)).toEqual(ids.slice(5, 8));
    const error = await failure(files.list({ after: "s3://test-bucket/gone", limit: 3 }, never));
    expect(error.code).toBe("upstream_not_found");
  });

  test("a list goes on beyond the thousand objects that S3 tells at a time", async () => {
    const keys = Array.from(
      { length: 1_003 },
      (_, number) => `k${String(number).padStart(4, "0")}`,
    );
    await using host = await startHost((response, { url }) => {
      const after = new URL(url ?? "", "http://host").searchParams.get("start-after") ?? "";
      const page = keys.filter((key) => key > after).slice(0, 1_000);
      const objects = page.map(
        (key) =>
          `<Contents><Key>${key}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
      );
      response.end(
        `<ListBucketResult><IsTruncated>false</IsTruncated>${objects.join("")}</ListBucketResult>`,
      );
    });
    await using stage = await startAwsStage({
      provider: { s3Uri: "s3://some-bucket", s3: bedrockOptions(host.url, "").s3 },
    });
    const listed: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<ReturnType<typeof stage.files>["list"]>> = await stage
        .files()
        .list({ after, limit: 100 }, never);
      listed.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    expect(listed).toEqual(keys.map((key) => `s3://some-bucket/${key}`));
  });

  test("without a place the upload is refused with what to say, and a list is empty", async () => {
    await using stage = await startAwsStage({ provider: { s3Uri: null } });
    const error = await failure(stage.files().upload(fileOf(content), never));
    expect(error).toMatchObject({ code: "invalid_request", details: { param: "storage_config" } });
    expect(error.message).toContain("CROSSBATCH_BEDROCK_S3_URI");
    expect(await stage.files().list({ after: null, limit: 10 }, never)).toEqual({
      items: [],
      next: null,
    });
    expect(stage.s3.control.journal()).toEqual([]);
  });
});

describe("trouble with a bucket is told in words that help", () => {
  test("there is no such bucket", async () => {
    await using stage = await startAwsStage();
    const files = stage.files({ storage_config: { s3: { bucket: "no-such-bucket" } } });
    const error = await failure(files.upload(fileOf(content), never));
    expect(error).toMatchObject({
      code: "upstream_not_found",
      message: expect.stringContaining("no S3 bucket no-such-bucket"),
    });
    expect((await failure(files.list({ after: null, limit: 10 }, never))).code).toBe(
      "upstream_not_found",
    );
  });

  test.each(["file-123", "s3://", "s3://test-bucket", "s3://test-bucket/a/../b", ""])(
    "%j is no file's id",
    async (id) => {
      await using stage = await startAwsStage();
      expect((await failure(stage.files().retrieve(id, never))).code).toBe("upstream_not_found");
      expect((await failure(stage.files().open(id, never))).code).toBe("upstream_not_found");
      expect(stage.s3.control.journal()).toEqual([]);
    },
  );

  test.each([
    [403, "AccessDenied", "upstream_forbidden", /s3:PutObject/],
    [403, "SignatureDoesNotMatch", "upstream_unauthorized", /refused the AWS credentials/],
    [403, "InvalidAccessKeyId", "upstream_unauthorized", /refused the AWS credentials/],
    [400, "ExpiredToken", "upstream_unauthorized", /refused the AWS credentials/],
    [503, "SlowDown", "upstream_rate_limited", /SlowDown/],
    [500, "InternalError", "upstream_unavailable", /InternalError/],
    [
      301,
      "PermanentRedirect",
      "invalid_request",
      /is in eu-central-1, and was asked for in us-east-1/,
    ],
    [400, "AuthorizationHeaderMalformed", "invalid_request", /is in eu-central-1/],
  ])("S3 answers %d %s", async (...row) => {
    const [status, code, expected, words] = row;
    const secret = "arn:aws:iam::123456789012:user/AKIDSECRET";
    await using host = await startHost((response) => {
      response.writeHead(status, { "x-amz-bucket-region": "eu-central-1" });
      response.end(`<Error><Code>${code}</Code><Message>${secret} may not</Message></Error>`);
    });
    await using stage = await startAwsStage({
      provider: { s3: bedrockOptions(host.url, "").s3 },
    });
    const error = await failure(stage.files().upload(fileOf(content), never));
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain("AKIDSECRET");
    expect(error.details.upstreamStatus).toBe(status);
  });

  test("a bucket in another region is told also where S3's answer has no body", async () => {
    await using host = await startHost((response) => {
      response.writeHead(301, { "x-amz-bucket-region": "eu-central-1" }).end();
    });
    await using stage = await startAwsStage({
      provider: { s3: bedrockOptions(host.url, "").s3 },
    });
    const error = await failure(stage.files().retrieve("s3://test-bucket/in.jsonl", never));
    expect(error.message).toContain("is in eu-central-1");
  });
});
