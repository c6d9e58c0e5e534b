import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { ownBytes, receiveItems, sendItems } from "../../src/lib/port-items.ts";

const never = new AbortController().signal;

function channel<Item>(items: AsyncIterable<Item>, signal = never) {
  const { port1, port2 } = new MessageChannel();
  return {
    port1,
    port2,
    sent: sendItems(port1, items, () => []),
    received: receiveItems<Item>(port2, signal),
  };
}

async function* numbers(count: number, onPull: (number: number) => void = () => undefined) {
  for (let number = 1; number <= count; number += 1) {
    onPull(number);
    yield await Promise.resolve(number);
  }
}

async function toList<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test("items come in order, and then the end", async () => {
  const { sent, received } = channel(numbers(1_000));
  expect(await toList(received)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  await sent;
});

test("no more is taken from the source than is asked for", async () => {
  let pulled = 0;
  const { received } = channel(numbers(1_000, (number) => (pulled = number)));
  await received.next();
  await sleep(50);
  const ahead = pulled;
  expect(ahead).toBeGreaterThan(1);
  expect(ahead).toBeLessThanOrEqual(6);
  await sleep(50);
  expect(pulled).toBe(ahead);
  await received.return(undefined);
});

test("what the source throws is thrown on both sides, however odd it is", async () => {
  class Odd extends Error {
    readonly cannotBeCloned = () => undefined;
    override readonly cause = () => undefined;
  }
  const odd = new Odd("the disk is gone");
  async function* broken() {
    yield await Promise.resolve(1);
    throw odd;
  }
  const { sent, received } = channel(broken());
  sent.catch(() => undefined);
  await expect(toList(received)).rejects.toThrow("the disk is gone");
  await expect(sent).rejects.toBe(odd);
});

test("a receiver that stops lets go of the source", async () => {
  let isReleased = false;
  async function* endless() {
    try {
      for (;;) yield await Promise.resolve(0);
    } finally {
      isReleased = true;
    }
  }
  const { sent, received } = channel(endless());
  for await (const _ of received) break;
  await sent;
  expect(isReleased).toBe(true);
});

test("an abort ends the wait for an item that doesn't come", async () => {
  const controller = new AbortController();
  async function* silent(): AsyncGenerator<number> {
    await sleep(60_000, undefined, { ref: false });
    yield 1;
  }
  const { received } = channel(silent(), controller.signal);
  const list = toList(received);
  controller.abort(new Error("given up"));
  await expect(list).rejects.toThrow("given up");
});

test("a sender that is gone is told from one that has ended", async () => {
  const { port1, received } = channel(numbers(1_000));
  await received.next();
  port1.close();
  await expect(toList(received)).rejects.toThrow("the other side is gone");
});

test("bytes within a larger buffer are copied, and others are not", () => {
  const whole = new Uint8Array(8);
  expect(ownBytes(whole).buffer).toBe(whole.buffer);
  expect(ownBytes(Buffer.from("pooled")).buffer.byteLength).toBe(6);
  expect(ownBytes(whole.subarray(2, 4)).buffer.byteLength).toBe(2);
});
