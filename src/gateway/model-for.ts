import type { Provider } from "../core/provider.ts";
import { formats } from "../formats/formats.ts";
import { createLineGlance } from "../lines/line-glance.ts";
import type { GatewayContext } from "./context.ts";
import type { ReceivedContent } from "../core/gateway.ts";

/** The model that the first line names: its prefix may name the provider. */
export async function firstModel(
  context: GatewayContext,
  content: ReceivedContent,
  signal: AbortSignal,
): Promise<string | null> {
  return modelAtHead(context, { ...content, signal });
}

/** The same of stored lines, looked at only where a provider's keys are for different models. */
export async function modelFor(
  context: GatewayContext,
  { namedKeys = [] }: Provider,
  content: StoredLines,
): Promise<string | null> {
  return namedKeys.length === 0 ? null : modelAtHead(context, content);
}

interface StoredLines {
  readonly blob: string;
  readonly bytes: number;
  readonly signal: AbortSignal;
}

async function modelAtHead(
  context: GatewayContext,
  { blob, bytes, signal }: StoredLines,
): Promise<string | null> {
  if (bytes === 0) return null;
  const range = { start: 0, end: Math.min(bytes, HEAD_BYTES) - 1 };
  const chunks: Uint8Array[] = [];
  for await (const chunk of await context.blobs.open(
    { key: blob, bytes, sha256: null },
    signal,
    range,
  )) {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  }
  return glanceAt(Buffer.concat(chunks)).model;
}

const glanceAt = createLineGlance(Object.values(formats));

/** Enough for the settings of a request and the beginning of its messages. */
const HEAD_BYTES = 256 * 1024;
