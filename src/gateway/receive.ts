import type { FileIntent, ReceivedContent } from "../core/gateway.ts";
import type { GatewayContext } from "./context.ts";
import { watchInput } from "./copy-ahead.ts";

const NEWLINE = 0x0a;

/** Streams bytes into the blob store, counting lines on the way. */
export async function receive(
  context: Pick<GatewayContext, "blobs" | "newId" | "now">,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ReceivedContent> {
  const blob = `files/${context.newId(context.now())}`;
  let newlines = 0;
  let last = NEWLINE;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      if (chunk.length === 0) continue;
      newlines += countNewlines(chunk);
      last = chunk[chunk.length - 1] ?? NEWLINE;
      yield chunk;
    }
  }
  const stored = await context.blobs.put(blob, counted(), signal);
  return { blob, ...stored, lines: newlines + (last === NEWLINE ? 0 : 1) };
}

/** The same of bytes that are to be a File: a batch's input is looked at, and translated, while it arrives. */
export async function receiveFor(
  context: GatewayContext,
  {
    content,
    intent,
  }: { readonly content: AsyncIterable<Uint8Array>; readonly intent: FileIntent | null },
  signal: AbortSignal,
): Promise<ReceivedContent> {
  const watch = intent === null ? null : watchInput(context, intent);
  if (watch === null) return receive(context, content, signal);
  try {
    const received = await receive(context, watch.pass(content), signal);
    watch.keepFor(received);
    return received;
  } catch (error) {
    await watch.drop();
    throw error;
  }
}

function countNewlines(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
