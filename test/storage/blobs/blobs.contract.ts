import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BlobInfo, BlobStore } from "../../../src/core/blobs.ts";
import { bytesAt, contentOf, failing, KIB, measure, MIB, stalling } from "./content.ts";

/** A store and what lies behind it. */
export interface BlobBed extends AsyncDisposable {
  readonly store: BlobStore;
  /** Whatever puts that didn't end have left. */
  unfinished(): Promise<readonly string[]>;
  /** Leaves behind what a put leaves whose process is killed. */
  leaveUnfinished(): Promise<void>;
  /** A time before any put, by the times that the store tells of unfinished ones. */
  readonly beforeAnyPut: number;
}

const never = new AbortController().signal;

/** Every test has keys of its own: one bed serves them all. */
export function describeBlobs(name: string, createBed: () => Promise<BlobBed>): void {
  describe(`blobs: ${name}`, () => {
    let bed: BlobBed;
    let store: BlobStore;
    let folder = 0;
    beforeAll(async () => {
      bed = await createBed();
      ({ store } = bed);
    });
    afterAll(async () => bed[Symbol.asyncDispose]());
    beforeEach(() => {
      folder += 1;
    });
    const key = (last: string) => `t${folder}/${last}`;
    const listed = async (prefix: string) => {
      const found: BlobInfo[] = [];
      for await (const info of store.list(prefix, never)) found.push(info);
      return found;
    };
    const expectNothingOf = async (blob: string) => {
      expect(await store.stat(blob, never)).toBeNull();
      expect(await listed(blob)).toEqual([]);
      expect(await bed.unfinished()).toEqual([]);
    };

    test.each([
      [0, 64 * KIB],
      [1, 64 * KIB],
      [64 * KIB, 16 * KIB],
      [100 * KIB, 7 + 1],
      [5 * MIB - 1, 64 * KIB],
      [5 * MIB, 64 * KIB],
      [5 * MIB + 1, 64 * KIB],
      [8 * MIB, 1 * MIB],
      [8 * MIB + 1, 64 * KIB],
      [16 * MIB, 64 * KIB],
      [13 * MIB, 13 * MIB + 7],
      [40 * MIB, 64 * KIB],
    ])("%d bytes in chunks of %d come back as they were", async (bytes, chunkBytes) => {
      const expected = await measure(contentOf(bytes));
      const before = Date.now();
      expect(await store.put(key("a"), contentOf(bytes, chunkBytes), never)).toEqual(expected);
      expect(await measure(await store.open(key("a"), never))).toEqual(expected);
      const info = await store.stat(key("a"), never);
      expect(info).toMatchObject({ key: key("a"), bytes });
      // S3 tells whole seconds.
      expect(info?.modifiedAt).toBeGreaterThan(before - 2_000);
      expect(info?.modifiedAt).toBeLessThan(Date.now() + 2_000);
      expect(await bed.unfinished()).toEqual([]);
    });

    test.each([
      [0, true],
      [100 * KIB, true],
      [9 * MIB + 5, true],
      [0, false],
      [9 * MIB + 5, false],
    ])("a piece of %d bytes, scratch: %s, is kept like a blob", async (bytes, isScratch) => {
      const expected = await measure(contentOf(bytes));
      const stored = await store.putPiece(
        key("a"),
        { content: contentOf(bytes), isScratch },
        never,
      );
      expect(stored.bytes).toBe(bytes);
      expect([expected.sha256, null]).toContain(stored.sha256);
      const known = { key: key("a"), ...stored };
      expect(await measure(await store.open(known, never))).toEqual(expected);
      expect(await bed.unfinished()).toEqual([]);
      await store.delete(key("a"), never);
      await expectNothingOf(key("a"));
    });

    test("a piece whose source fails, or that is aborted, leaves nothing", async () => {
      const error = new Error("the source failed");
      const failed = store.putPiece(
        key("a"),
        { content: failing(9 * MIB, error), isScratch: true },
        never,
      );
      await expect(failed).rejects.toBe(error);
      await expectNothingOf(key("a"));
      const stopping = new AbortController();
      const content = stalling(9 * MIB, () => stopping.abort(new Error("stopped")));
      const stopped = store.putPiece(key("a"), { content, isScratch: true }, stopping.signal);
      await expect(stopped).rejects.toMatchObject({ message: "stopped" });
      await expectNothingOf(key("a"));
    });

    test.each([64 * KIB, 700 * KIB, 9 * MIB])(
      "a chunk of %d bytes may be used again once the next one is asked for",
      async (chunkBytes) => {
        async function* reused() {
          for await (const chunk of contentOf(20 * MIB, chunkBytes)) {
            yield chunk;
            chunk.fill(0);
          }
        }
        const expected = await measure(contentOf(20 * MIB));
        expect(await store.put(key("a"), reused(), never)).toEqual(expected);
        expect(await measure(await store.open(key("a"), never))).toEqual(expected);
      },
    );

    test.each([
      [0, 0],
      [0, 99],
      [1, 64 * KIB],
      [8 * MIB - 1, 8 * MIB],
      [8 * MIB, 9 * MIB + 4],
      [9 * MIB + 4, 9 * MIB + 4],
      [0, 9 * MIB + 4],
    ])("bytes %d to %d can be read alone", async (start, end) => {
      await store.put(key("a"), contentOf(9 * MIB + 5), never);
      const read = await buffer(await store.open(key("a"), never, { start, end }));
      expect(read.equals(bytesAt(start, end - start + 1))).toBe(true);
    });

    test.each([
      [10, 10],
      [10, 20],
      [100, 200],
      [5, 4],
      [-1, 4],
    ])("bytes %d to %d of 10 are out of range", async (start, end) => {
      await store.put(key("a"), contentOf(10), never);
      await expect(store.open(key("a"), never, { start, end })).rejects.toMatchObject({
        code: "range_not_satisfiable",
      });
    });

    test("a range that goes on after the end gives what there is, and then an error", async () => {
      await store.put(key("a"), contentOf(10), never);
      const stream = await store.open(key("a"), never, { start: 4, end: 10 });
      const chunks: unknown[] = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      await expect(once(stream, "end")).rejects.toMatchObject({ code: "storage_unavailable" });
      expect(chunks).toEqual([bytesAt(4, 6)]);
    });

    test("a blob of another length than is known is storage_unavailable, whole or by range", async () => {
      const stored = await store.put(key("a"), contentOf(100), never);
      const known = { key: key("a"), ...stored };
      const range = { start: 3, end: 9 };
      expect(await measure(await store.open(known, never))).toEqual(stored);
      expect(await buffer(await store.open(known, never, range))).toEqual(bytesAt(3, 7));
      await store.put(key("a"), contentOf(99), never);
      const wrong = { code: "storage_unavailable" };
      await expect(store.open(known, never)).rejects.toMatchObject(wrong);
      await expect(store.open(known, never, range)).rejects.toMatchObject(wrong);
      const anew = { ...known, bytes: 99, sha256: null };
      expect((await buffer(await store.open(anew, never))).length).toBe(99);
    });

    test("what isn't there is not_found, and null to stat", async () => {
      await expect(store.open(key("a"), never)).rejects.toMatchObject({ code: "not_found" });
      await expect(store.open(key("a"), never, { start: 0, end: 1 })).rejects.toMatchObject({
        code: "not_found",
      });
      expect(await store.stat(key("a"), never)).toBeNull();
    });

    test("a deleted blob is gone, and deleting it again is no error", async () => {
      await store.put(key("a"), contentOf(10), never);
      await store.put(key("b"), contentOf(10), never);
      await store.delete(key("a"), never);
      await store.delete(key("a"), never);
      expect(await listed(key(""))).toMatchObject([{ key: key("b") }]);
      await expect(store.open(key("a"), never)).rejects.toMatchObject({ code: "not_found" });
    });

    test("a reader goes on to the end though the blob is deleted", async () => {
      const expected = await store.put(key("a"), contentOf(2 * MIB), never);
      const stream = await store.open(key("a"), never);
      const iterator = stream[Symbol.asyncIterator]();
      const first = await iterator.next();
      await store.delete(key("a"), never);
      const whole = await measure(
        (async function* () {
          yield first.value;
          yield* { [Symbol.asyncIterator]: () => iterator };
        })(),
      );
      expect(whole).toEqual(expected);
    });

    test("a second put under a key replaces the whole", async () => {
      await store.put(key("a"), contentOf(9 * MIB), never);
      const second = await store.put(key("a"), contentOf(100), never);
      expect(await measure(await store.open(key("a"), never))).toEqual(second);
    });

    test("lists exactly what lies below a prefix, over many pages", async () => {
      const count = 1_020;
      const names = Array.from({ length: count }, (_, index) => key(`many/n${index}`));
      const waiting = [...names, key("many-more/x"), key("other")];
      const workers = Array.from({ length: 24 }, async () => {
        for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
          await store.put(name, contentOf(3), never);
        }
      });
      await Promise.all(workers);
      const found = await listed(key("many/"));
      expect(found.map((info) => info.key).toSorted()).toEqual(names.toSorted());
      expect(found.every((info) => info.bytes === 3)).toBe(true);
      expect(await listed(key("many"))).toHaveLength(count + 1);
      expect(await listed(key("none"))).toEqual([]);
      expect(await listed(key("many/n101"))).toHaveLength(11);
    });

    test.each([
      [""],
      ["/a"],
      ["a/"],
      ["a//b"],
      ["../a"],
      ["a/../../b"],
      ["."],
      ["a/./b"],
      [".hidden"],
      ["A"],
      ["a b"],
      ["a\\b"],
      ["a%2fb"],
      ["a+b"],
      ["a\u0000"],
      ["ä"],
      ["a".repeat(241)],
    ])("the key %j is refused in every call", async (bad) => {
      const refused = { code: "internal" };
      await expect(store.put(bad, contentOf(1), never)).rejects.toMatchObject(refused);
      await expect(store.open(bad, never)).rejects.toMatchObject(refused);
      await expect(store.stat(bad, never)).rejects.toMatchObject(refused);
      await expect(store.delete(bad, never)).rejects.toMatchObject(refused);
    });

    test("the longest key works", async () => {
      const long = `${key("")}${"a".repeat(240 - key("").length)}`;
      await store.put(long, contentOf(5), never);
      expect(await listed(long)).toHaveLength(1);
    });

    test.each([[0], [100 * KIB], [21 * MIB]])(
      "a put that is aborted while its source hangs after %d bytes leaves nothing",
      async (bytes) => {
        const controller = new AbortController();
        const reason = new Error("the client left");
        const content = stalling(bytes, () => setTimeout(() => controller.abort(reason), 20));
        await expect(store.put(key("a"), content, controller.signal)).rejects.toBe(reason);
        await expectNothingOf(key("a"));
      },
    );

    test.each([[0], [100 * KIB], [21 * MIB]])(
      "a put whose source fails after %d bytes leaves nothing and tells that error",
      async (bytes) => {
        const error = new Error("the form was cut off");
        await expect(store.put(key("a"), failing(bytes, error), never)).rejects.toBe(error);
        await expectNothingOf(key("a"));
      },
    );

    test("a put under an aborted signal reads nothing and leaves nothing", async () => {
      const reason = new Error("too late");
      let reads = 0;
      const content = (async function* () {
        reads += 1;
        yield Buffer.from("x");
      })();
      const put = store.put(key("a"), content, AbortSignal.abort(reason));
      await expect(put).rejects.toBe(reason);
      expect(reads).toBe(0);
      await expectNothingOf(key("a"));
    });

    test("every call under an aborted signal rejects with its reason", async () => {
      const reason = new Error("too late");
      const signal = AbortSignal.abort(reason);
      await expect(store.open(key("a"), signal)).rejects.toBe(reason);
      await expect(store.stat(key("a"), signal)).rejects.toBe(reason);
      await expect(store.delete(key("a"), signal)).rejects.toBe(reason);
      await expect(store.ping(signal)).rejects.toBe(reason);
      await expect(store.sweepUnfinished(0, signal)).rejects.toBe(reason);
      await expect(store.list("", signal)[Symbol.asyncIterator]().next()).rejects.toBe(reason);
    });

    test("concurrent puts don't disturb each other", async () => {
      const sizes = [0, 1, 3 * MIB, 9 * MIB, 17 * MIB, 100, 12 * MIB, 5 * MIB];
      const stored = await Promise.all(
        sizes.map(async (bytes, index) => store.put(key(`p${index}`), contentOf(bytes), never)),
      );
      for (const [index, expected] of stored.entries()) {
        expect(await measure(await store.open(key(`p${index}`), never))).toEqual(expected);
      }
    });

    test("of two puts under one key, one is there, whole", async () => {
      const stored = await Promise.all([
        store.put(key("a"), contentOf(9 * MIB), never),
        store.put(key("a"), contentOf(10 * MIB), never),
      ]);
      expect(stored).toContainEqual(await measure(await store.open(key("a"), never)));
    });

    test("a stream can be destroyed halfway", async () => {
      await store.put(key("a"), contentOf(20 * MIB), never);
      const stream = await store.open(key("a"), never);
      await once(stream, "readable");
      stream.destroy();
      await once(stream, "close");
      expect(stream.errored).toBeNull();
      await store.delete(key("a"), never);
    });

    test("a stream that isn't read holds little", async () => {
      await store.put(key("a"), contentOf(20 * MIB), never);
      const stream = await store.open(key("a"), never);
      await once(stream, "readable");
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(stream.readableLength).toBeLessThanOrEqual(MIB);
      stream.destroy();
    });

    test("aborting ends an open stream with the reason, whether it is read or not", async () => {
      await store.put(key("a"), contentOf(20 * MIB), never);
      const reason = new Error("the client left");
      const controller = new AbortController();
      const read = await store.open(key("a"), controller.signal);
      const unread = await store.open(key("a"), controller.signal);
      await once(read, "readable");
      const closed = new Promise((resolve) => unread.once("close", resolve));
      const ended = once(read, "end");
      controller.abort(reason);
      await expect(ended).rejects.toBe(reason);
      await closed;
      expect(unread.errored).toBe(reason);
    });

    test("sweeps what dead puts left, neither what is young nor what still runs", async () => {
      await bed.leaveUnfinished();
      const controller = new AbortController();
      const stalled = Promise.withResolvers<void>();
      const content = stalling(17 * MIB, stalled.resolve);
      const running = store.put(key("a"), content, controller.signal);
      const ended = running.catch((error: unknown) => error);
      await stalled.promise;
      expect(await store.sweepUnfinished(bed.beforeAnyPut, never)).toBe(0);
      expect(await bed.unfinished()).toHaveLength(2);
      expect(await store.sweepUnfinished(Date.now() + 3_600_000, never)).toBe(1);
      expect(await bed.unfinished()).toHaveLength(1);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await ended).toBe(reason);
      expect(await bed.unfinished()).toEqual([]);
    });

    test("a ping passes and leaves no blob", async () => {
      const before = await listed("");
      await store.ping(never);
      await store.ping(never);
      expect(await listed("")).toEqual(before);
      expect(await bed.unfinished()).toEqual([]);
    });
  });
}
