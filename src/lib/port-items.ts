import type { MessagePort } from "node:worker_threads";

/** Items that may be on their way, or wait to be taken, at once. */
const WINDOW = 4;

type FromSender<Item> =
  | { readonly kind: "item"; readonly item: Item }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly message: string };

/**
 * Sends what an iterable gives through a port, no more than the other side asks for, and then how it ended. Resolves when the other
 * side has everything or wants no more; what the iterable throws is sent, and thrown too.
 */
export async function sendItems<Item>(
  port: MessagePort,
  items: AsyncIterable<Item>,
  /** The buffers of an item that the other side gets for its own. */
  buffersOf: (item: Item) => readonly ArrayBuffer[],
): Promise<void> {
  let asked = 0;
  let isStopped = false;
  let wake: () => void = () => undefined;
  port.on("message", () => {
    asked += 1;
    wake();
  });
  port.on("close", () => {
    isStopped = true;
    wake();
  });
  const iterator = items[Symbol.asyncIterator]();
  const say = (message: FromSender<Item>, buffers: readonly ArrayBuffer[] = []) => {
    port.postMessage(message, buffers);
  };
  try {
    for (;;) {
      if (asked === 0 && !isStopped) await new Promise<void>((resolve) => (wake = resolve));
      if (isStopped) return;
      asked -= 1;
      const next = await iterator.next();
      if (next.done === true) return say({ kind: "end" });
      say({ kind: "item", item: next.value }, buffersOf(next.value));
    }
  } catch (error) {
    // What an error carries can't always be sent.
    say({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    await iterator.return?.();
  }
}

/** What `sendItems` sends at the other end of the port. Throws if that end is gone; to stop taking closes the port. */
export async function* receiveItems<Item>(
  port: MessagePort,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const waiting: FromSender<Item>[] = [];
  let wake: () => void = () => undefined;
  const add = (message: FromSender<Item>) => {
    waiting.push(message);
    wake();
  };
  const onAbort = () => wake();
  port.on("message", add);
  port.on("close", () => add({ kind: "failed", message: "the other side is gone" }));
  signal.addEventListener("abort", onAbort);
  try {
    for (let asked = 0; asked < WINDOW; asked += 1) port.postMessage(null);
    for (;;) {
      signal.throwIfAborted();
      const message = waiting.shift();
      if (message === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (message.kind === "end") return;
      else if (message.kind === "failed") throw new Error(message.message);
      else {
        port.postMessage(null);
        yield message.item;
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    port.close();
  }
}

/** The bytes in a buffer that is theirs alone, as a port takes it. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  const isAlone = buffer instanceof ArrayBuffer && length === buffer.byteLength;
  return isAlone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
