import { type MessagePort, parentPort } from "node:worker_threads";
import { freeBytes, keepHeapSmall } from "../lib/buffer-pressure.ts";
import { ownBytes, receiveItems, sendItems } from "../lib/port-items.ts";
import { type LineWork, type MadeItem, translateLines } from "./translate-lines.ts";

/** What a thread is asked to do: translate the chunks that come through one port, and send what comes of it through the other. */
export interface ThreadTask {
  readonly work: LineWork;
  readonly lines: MessagePort;
  readonly made: MessagePort;
}

function run({ work, lines, made }: ThreadTask): void {
  const never = new AbortController().signal;
  const input = freed(receiveItems<Uint8Array>(lines, never));
  const items = owned(translateLines(input, work, { signal: never }));
  // The other side was told, and says it.
  sendItems(made, items, buffersOf).catch(() => undefined);
}

/** Chunks that are gone when the next one is asked for. */
async function* freed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    freeBytes(chunk);
  }
}

async function* owned(items: AsyncIterable<MadeItem>): AsyncGenerator<MadeItem> {
  for await (const item of items) {
    if (item.kind === "end") yield item;
    else if (item.kind === "ids") yield { ...item, bytes: ownBytes(item.bytes) };
    else yield { ...item, sent: ownBytes(item.sent), failed: ownBytes(item.failed) };
  }
}

function buffersOf(item: MadeItem): ArrayBuffer[] {
  if (item.kind === "end") return [];
  const parts = item.kind === "ids" ? [item.bytes] : [item.sent, item.failed];
  return parts.flatMap(({ buffer }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength > 0 ? [buffer] : [],
  );
}

keepHeapSmall();
parentPort?.on("message", run);
