import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { exactLength } from "../../src/lib/exact-length.ts";

test.each([
  { chunks: ["abc", "de"], bytes: 5 },
  { chunks: [], bytes: 0 },
])("a stream of the length that was promised passes", async ({ chunks, bytes }) => {
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  expect(await text(exactLength(source, bytes))).toBe(chunks.join(""));
});

test.each([
  { what: "too short", chunks: ["abc"], bytes: 4 },
  { what: "empty", chunks: [], bytes: 1 },
  { what: "too long", chunks: ["abc", "de"], bytes: 4 },
])("a stream that is $what fails", async ({ chunks, bytes }) => {
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  await expect(text(exactLength(source, bytes))).rejects.toThrow(`where ${bytes} were expected`);
});

test("of a stream that is too long, what was promised isn't handed out either", async () => {
  const chunks: Buffer[] = [];
  const checked = exactLength(Readable.from([Buffer.from("abc"), Buffer.from("d")]), 3);
  checked.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => checked.once("error", resolve));
  expect(Buffer.concat(chunks).length).toBe(0);
});

test("a failing source fails it, and destroying it destroys the source", async () => {
  const failing = new Readable({ read: () => {} });
  const checked = exactLength(failing, 1);
  failing.destroy(new Error("reset"));
  await expect(text(checked)).rejects.toThrow("reset");

  const source = new Readable({ read: () => {} });
  const other = exactLength(source, 1);
  other.on("error", () => {});
  other.destroy();
  await new Promise((resolve) => source.once("close", resolve));
  expect(source.destroyed).toBe(true);
});
