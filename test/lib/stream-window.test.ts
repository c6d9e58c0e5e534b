import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { windowStream } from "../../src/lib/stream-window.ts";

const toError = (cause: unknown) => new Error("cut off", { cause });

function source(...chunks: readonly string[]): Readable {
  return Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );
}

test.each([
  { skip: 0, take: null, expected: "abcdefghi" },
  { skip: 0, take: 4, expected: "abcd" },
  { skip: 4, take: 2, expected: "ef" },
  { skip: 2, take: 100, expected: "cdefghi" },
  { skip: 3, take: 3, expected: "def" },
  { skip: 100, take: 1, expected: "" },
])("of nine bytes, skip $skip and take $take are '$expected'", async ({ skip, take, expected }) => {
  const window = { bytes: 9, skip, take, toError };
  expect(await text(windowStream(source("abc", "def", "ghi"), window))).toBe(expected);
});

test("a source that ends early is an error", async () => {
  const window = { bytes: 10, skip: 0, take: null, toError };
  await expect(text(windowStream(source("abc"), window))).rejects.toThrow("cut off");
});

test("an early end behind the window isn't", async () => {
  const window = { bytes: 10, skip: 0, take: 3, toError };
  expect(await text(windowStream(source("abc"), window))).toBe("abc");
});

test("a source that is destroyed is an error even if its length is unknown", async () => {
  const broken = new Readable({ read: () => undefined });
  const passed = windowStream(broken, { bytes: null, skip: 0, take: null, toError });
  const work = text(passed);
  broken.push("abc");
  broken.destroy();
  await expect(work).rejects.toThrow("cut off");
});

test("an error that comes before anyone reads waits for the reader, and is no uncaught one", async () => {
  const broken = new Readable({ read: () => undefined });
  const passed = windowStream(broken, { bytes: null, skip: 0, take: null, toError });
  broken.destroy(new Error("reset"));
  await setImmediate();
  await expect(text(passed)).rejects.toThrow("cut off");
  const again = windowStream(new Readable({ read: () => undefined }).destroy(), {
    bytes: null,
    skip: 0,
    take: null,
    toError,
  });
  await setImmediate();
  await expect(pipeline(again, new PassThrough())).rejects.toThrow("cut off");
});

test("the source is closed with the window and read no faster than it", async () => {
  let pushed = 0;
  const endless = new Readable({
    read() {
      pushed += 1;
      this.push(Buffer.alloc(16_384));
    },
  });
  const passed = windowStream(endless, { bytes: null, skip: 0, take: null, toError });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pushed).toBeLessThan(30);
  passed.destroy();
  expect(endless.destroyed).toBe(true);
});
