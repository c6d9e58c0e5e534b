import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { BlobStore, KnownBlob } from "../../../src/core/blobs.ts";
import type { JournalEntry } from "../../../src/emulators/journal.ts";
import { createTestS3Blobs, S3_BUCKET, S3_CREDENTIALS, startTestS3 } from "../../support/s3.ts";
import { contentOf, keysOf, KIB, measure, MIB, stalling } from "./content.ts";

/** The same bytes, but one. */
async function* flipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of content) {
    const copy = Buffer.from(chunk);
    if (isFirst) copy[0] = (copy[0] ?? 0) ^ 1;
    isFirst = false;
    yield copy;
  }
}

const never = new AbortController().signal;
const unavailable = { code: "storage_unavailable" };

async function start(options: Parameters<typeof createTestS3Blobs>[1] = {}) {
  const { emulator } = await startTestS3();
  const store = await createTestS3Blobs(emulator.url, options);
  return {
    control: emulator.control,
    emulator,
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await emulator.close();
    },
  };
}

/** `PUT part`, `POST uploads`, … in the order in which they came. */
function operations(journal: readonly JournalEntry[]): readonly string[] {
  return journal.map(({ method, query }) => {
    const part = /(partNumber|uploads|uploadId)/.exec(query)?.[1];
    return part === undefined ? method : `${method} ${part}`;
  });
}

describe("blobs in S3", () => {
  test.each([
    ["when_required" as const, undefined],
    ["when_supported" as const, "CRC32"],
  ])("carry newer checksums as configured: %s", async (checksums, algorithm) => {
    await using s3 = await start({ checksums });
    for (const bytes of [10, 17 * MIB]) {
      const stored = await s3.store.put("a", contentOf(bytes), never);
      expect(await measure(await s3.store.open("a", never))).toEqual(stored);
    }
    const put = s3.control.journal().find(({ method }) => method === "PUT");
    expect(put?.headers["x-amz-sdk-checksum-algorithm"]).toBe(algorithm);
  });

  test("what fits into one part is one plain put, the rest parts of 8 MiB", async () => {
    await using s3 = await start();
    await s3.store.put("small", contentOf(8 * MIB), never);
    expect(operations(s3.control.journal())).toEqual(["PUT"]);
    s3.control.clearJournal();
    await s3.store.put("large", contentOf(20 * MIB), never);
    const journal = s3.control.journal();
    expect(operations(journal)).toEqual([
      "POST uploads",
      "PUT partNumber",
      "PUT partNumber",
      "PUT partNumber",
      "POST uploadId",
    ]);
    const sizes = journal.filter(({ method }) => method === "PUT").map(({ bytes }) => bytes);
    expect(sizes).toEqual([8 * MIB, 8 * MIB, 4 * MIB]);
  });

  test("lie below the prefix of the URL, and a URL without one means the whole bucket", async () => {
    await using s3 = await start();
    await s3.store.put("files/a", contentOf(1), never);
    const whole = await createTestS3Blobs(s3.emulator.url, { url: `s3://${S3_BUCKET}` });
    await whole.put("files/b", contentOf(1), never);
    expect(s3.control.objects(S3_BUCKET).map(({ key }) => key)).toEqual([
      "blobs/of-test/files/a",
      "files/b",
    ]);
    const keys = await keysOf(s3.store);
    expect(keys).toEqual(["files/a"]);
    await whole.close();
  });

  test("at most four parts are in memory while the store is slow", async () => {
    await using s3 = await start();
    s3.control.inject({ kind: "slow", milliseconds: 300, method: "PUT", times: 100 });
    let pulled = 0;
    let most = 0;
    const counted = (async function* () {
      for await (const chunk of contentOf(100 * MIB, 256 * KIB)) {
        pulled += chunk.length;
        const sent = s3.control
          .journal()
          .filter(({ method, status }) => method === "PUT" && status === 200).length;
        most = Math.max(most, pulled - sent * 8 * MIB);
        yield chunk;
      }
    })();
    await s3.store.put("a", counted, never);
    expect(most).toBeGreaterThan(20 * MIB);
    expect(most).toBeLessThanOrEqual(4 * 8 * MIB + 256 * KIB);
  });

  test("busy and broken answers are tried again", async () => {
    await using s3 = await start();
    s3.control.inject({ kind: "status", status: 503, path: "/a$" });
    s3.control.inject({ kind: "reset", path: "/a$", skip: 1 });
    const stored = await s3.store.put("a", contentOf(17 * MIB), never);
    expect(await measure(await s3.store.open("a", never))).toEqual(stored);
    expect(s3.control.journal().filter(({ fault }) => fault !== null)).toHaveLength(2);
  });

  test.each([
    ["a put", 10, undefined],
    ["a part", 17 * MIB, 1],
    ["a completion", 17 * MIB, 4],
  ])("%s whose answer is lost is a success", async (_, bytes, skip) => {
    await using s3 = await start();
    s3.control.inject({ kind: "lostReply", path: "/a$", ...(skip === undefined ? {} : { skip }) });
    const stored = await s3.store.put("a", contentOf(bytes), never);
    expect(s3.control.journal().some(({ fault }) => fault === "lostReply")).toBe(true);
    expect(await measure(await s3.store.open("a", never))).toEqual(stored);
    expect(s3.control.uploads(S3_BUCKET)).toEqual([]);
  });

  test("a part that fails ends the put: the source stops, and the upload is aborted", async () => {
    await using s3 = await start();
    s3.control.inject({ kind: "status", status: 403, method: "PUT", skip: 1 });
    let pulled = 0;
    let isStopped = false;
    const endless = (async function* () {
      try {
        for (;;) {
          pulled += MIB;
          yield Buffer.alloc(MIB);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      } finally {
        isStopped = true;
      }
    })();
    await expect(s3.store.put("a", endless, never)).rejects.toMatchObject(unavailable);
    expect(isStopped).toBe(true);
    expect(pulled).toBeLessThan(200 * MIB);
    expect(s3.control.uploads(S3_BUCKET)).toEqual([]);
    expect(s3.control.objects(S3_BUCKET)).toEqual([]);
  });

  test("a part that fails ends the put though its source hangs", async () => {
    await using s3 = await start();
    s3.control.inject({ kind: "status", status: 403, method: "PUT" });
    const content = stalling(17 * MIB, () => undefined);
    await expect(s3.store.put("a", content, never)).rejects.toMatchObject(unavailable);
    expect(s3.control.uploads(S3_BUCKET)).toEqual([]);
  });

  test("a completion that answers 200 with an error is tried again", async () => {
    await using s3 = await start();
    s3.control.failCompletions(1);
    const stored = await s3.store.put("a", contentOf(17 * MIB), never);
    expect(await measure(await s3.store.open("a", never))).toEqual(stored);
  });

  test("a completion that goes on answering 200 with an error is an error", async () => {
    await using s3 = await start();
    s3.control.failCompletions(100);
    const put = s3.store.put("a", contentOf(17 * MIB), never);
    await expect(put).rejects.toMatchObject(unavailable);
    expect(await s3.store.stat("a", never)).toBeNull();
    expect(s3.control.uploads(S3_BUCKET)).toEqual([]);
  });

  test.each([
    ["POST", 0, 17 * MIB],
    ["PUT", 0, 17 * MIB],
    ["PUT", 2, 17 * MIB],
    ["POST", 1, 17 * MIB],
    ["PUT", 0, 10],
  ])("a put aborted during %s number %d leaves nothing", async (method, skip, bytes) => {
    await using s3 = await start();
    s3.control.inject({ kind: "slow", milliseconds: 150, method, skip });
    const controller = new AbortController();
    const reason = new Error("the client left");
    const put = s3.store.put("a", contentOf(bytes), controller.signal);
    const timer = setInterval(() => {
      const hit = s3.control.journal().some(({ fault }) => fault === "slow");
      if (hit) controller.abort(reason);
    }, 5);
    await expect(put).rejects.toBe(reason);
    clearInterval(timer);
    // The emulator performs the slow call even after its client is gone.
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(s3.control.uploads(S3_BUCKET)).toEqual([]);
    expect(s3.control.objects(S3_BUCKET)).toEqual([]);
  });

  test("a body that is cut off is a stream error, whole or by range", async () => {
    await using s3 = await start();
    await s3.store.put("a", contentOf(3 * MIB), never);
    for (const range of [undefined, { start: 5, end: 2 * MIB }]) {
      s3.control.inject({ kind: "cutOff", afterBytes: MIB, method: "GET" });
      const stream = await s3.store.open("a", never, range);
      await expect(measure(stream)).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringMatching(/^A stored file ended after \d+ of \d+ bytes\.$/),
      });
    }
  });

  test.each<[string, string, (store: BlobStore, known: KnownBlob) => Promise<unknown>]>([
    ["a read", "GET", (store, { key }) => store.open(key, never)],
    ["a read by range", "GET", (store, { key }) => store.open(key, never, { start: 0, end: 9 })],
    ["a look", "HEAD", (store, { key }) => store.stat(key, never)],
    ["a put", "PUT", (store, { key }) => store.put(key, contentOf(10), never)],
  ])("%s that something else answers with 200 is an error", async (_, method, call) => {
    await using s3 = await start();
    const known = { key: "a", ...(await s3.store.put("a", contentOf(100), never)) };
    s3.control.inject({ kind: "malformed", method });
    await expect(call(s3.store, known)).rejects.toMatchObject(unavailable);
    // Once is as good as never.
    await call(s3.store, known);
  });

  test.each([100, 17 * MIB])(
    "%d other bytes than were stored are an error before the last of them",
    async (bytes) => {
      await using s3 = await start();
      const { store } = s3;
      const known = { key: "a", ...(await store.put("a", contentOf(bytes), never)) };
      expect(await measure(await store.open(known, never))).toEqual({ ...known, key: undefined });
      await store.put("a", flipped(contentOf(bytes)), never);
      let read = 0;
      const readAll = async () => {
        for await (const chunk of await store.open(known, never)) {
          if (chunk instanceof Uint8Array) read += chunk.length;
        }
      };
      await expect(readAll()).rejects.toMatchObject({
        ...unavailable,
        message: "A stored file came with other bytes than were stored.",
      });
      expect(read).toBeLessThan(bytes);
    },
  );

  test("a store that can't be reached is storage_unavailable, and works again when it is back", async () => {
    await using s3 = await start();
    const { store } = s3;
    await store.put("a", contentOf(10), never);
    s3.control.outageFor(600_000);
    await expect(store.put("b", contentOf(10), never)).rejects.toMatchObject(unavailable);
    await expect(store.put("b", contentOf(17 * MIB), never)).rejects.toMatchObject(unavailable);
    await expect(store.open("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.stat("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.delete("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.ping(never)).rejects.toMatchObject(unavailable);
    await expect(store.sweepUnfinished(0, never)).rejects.toMatchObject(unavailable);
    await expect(keysOf(store)).rejects.toMatchObject(unavailable);
    s3.control.endOutage();
    await store.ping(never);
    expect(await store.stat("a", never)).toMatchObject({ bytes: 10 });
  });

  test("nobody listening is storage_unavailable", async () => {
    const { emulator } = await startTestS3();
    const store = await createTestS3Blobs(emulator.url);
    await emulator.close();
    await expect(store.ping(never)).rejects.toMatchObject({
      ...unavailable,
      message: "The S3 bucket that holds the files can't be used now (ECONNREFUSED).",
    });
    await store.close();
  });

  test("a store that is silent is given up", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const store = await createTestS3Blobs(`http://127.0.0.1:${port}`, { timeoutSeconds: 0.3 });
    await expect(store.stat("a", never)).rejects.toMatchObject({
      ...unavailable,
      message: "The S3 bucket that holds the files didn't answer within 0.3 s.",
    });
    await store.close();
    silent.close();
  });

  test("a body that stops coming is given up, a reader that stops reading isn't", async () => {
    await using s3 = await start({ timeoutSeconds: 0.3 });
    const stored = await s3.store.put("a", contentOf(9 * MIB), never);
    const stream = await s3.store.open("a", never);
    await once(stream, "readable");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await measure(stream)).toEqual(stored);

    const halting = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write('HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 100\r\n\r\nhalf');
      });
    }).listen(0, "127.0.0.1");
    await once(halting, "listening");
    const address = halting.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const store = await createTestS3Blobs(`http://127.0.0.1:${port}`, { timeoutSeconds: 0.3 });
    await expect(measure(await store.open("a", never))).rejects.toMatchObject({
      ...unavailable,
      message: "The S3 bucket that holds the files stopped sending.",
    });
    await store.close();
    halting.close();
  });

  test.each([
    ["another bucket", { url: "s3://no-such-bucket/x" }, "NoSuchBucket"],
    [
      "an unknown key",
      { credentials: { ...S3_CREDENTIALS, accessKeyId: "AKIDOTHER" } },
      "InvalidAccessKeyId",
    ],
    [
      "a wrong secret",
      { credentials: { ...S3_CREDENTIALS, secretAccessKey: "wrong-secret" } },
      "SignatureDoesNotMatch",
    ],
    ["another region", { region: "eu-west-1" }, "AuthorizationHeaderMalformed"],
  ])("%s is storage_unavailable, and only S3's code is told", async (_, options, code) => {
    await using s3 = await start(options);
    await expect(s3.store.ping(never)).rejects.toMatchObject({
      ...unavailable,
      message: `The S3 bucket that holds the files can't be used now (${code}).`,
    });
  });

  test("a store that is full is storage_full", async () => {
    await using s3 = await start();
    s3.control.inject({ kind: "status", status: 507, method: "PUT", times: 10 });
    await expect(s3.store.put("a", contentOf(10), never)).rejects.toMatchObject({
      code: "storage_full",
    });
  });

  test("a hundred slow readers don't keep a put waiting", async () => {
    await using s3 = await start();
    await s3.store.put("a", contentOf(MIB), never);
    const streams = await Promise.all(
      Array.from({ length: 100 }, async () => s3.store.open("a", never)),
    );
    expect(await s3.store.put("b", contentOf(10), never)).toMatchObject({ bytes: 10 });
    for (const stream of streams) stream.destroy();
  });

  test.each([["b/x"], ["s3://B/x"], ["s3://bucket/../x"]])("the URL %s is refused", async (url) => {
    await expect(createTestS3Blobs("http://127.0.0.1:9", { url })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});
