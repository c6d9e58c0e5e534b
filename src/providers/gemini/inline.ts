import { GatewayError } from "../../core/errors.ts";
import type { Submission } from "../../core/provider.ts";
import { findJsonMember } from "../../lib/json-span.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";

/** Of the whole request. */
const MAX_INLINE_BYTES = 20_000_000;
/** What is written around them, at the most. */
const FRAME_BYTES = 1_000;
const FRAME_BYTES_A_LINE = 32;

/** The body that makes a batch of lines without a file, written while they are read. */
export async function* writeInline(
  part: Submission,
  displayName: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const waiting: string[] = [];
  let separator = "";
  const lines = new LineSplitter((line) => {
    if (line.length > 0) waiting.push(toItem(line.toString("utf8")));
  }, MAX_INLINE_BYTES);
  const take = () => {
    const text = separator + waiting.splice(0).join(",");
    separator = ",";
    return Buffer.from(text);
  };
  yield Buffer.from(
    `{"batch":{"displayName":${JSON.stringify(displayName)},"inputConfig":{"requests":{"requests":[`,
  );
  for await (const chunk of await part.open(signal)) {
    if (Buffer.isBuffer(chunk)) lines.push(chunk);
    if (waiting.length > 0) yield take();
  }
  lines.end();
  if (waiting.length > 0) yield take();
  yield Buffer.from("]}}}}");
}

export function refuseLargeInline({ bytes, lines }: Submission): void {
  if (bytes + lines * FRAME_BYTES_A_LINE + FRAME_BYTES <= MAX_INLINE_BYTES) return;
  throw new GatewayError(
    "too_large",
    `Without a file a batch at Gemini may have ${MAX_INLINE_BYTES} bytes, and this one has ${bytes}. Send its lines as a file.`,
    { notSent: true },
  );
}

/** `{"key": …, "request": …}` becomes `{"request": …, "metadata": {"key": …}}`, both values as they were written. */
function toItem(line: string): string {
  const request = memberOf(line, "request");
  if (request === null) {
    throw new GatewayError(
      "invalid_request",
      "A line of a Gemini batch must be an object with a request.",
      { notSent: true },
    );
  }
  const key = memberOf(line, "key");
  return `{"request":${request}${key === null ? "" : `,"metadata":{"key":${key}}`}}`;
}

function memberOf(line: string, name: string): string | null {
  const member = findJsonMember(line, 0, name);
  return member === undefined ? null : line.slice(member.valueStart, member.valueEnd);
}

/** Results that came inline, a line each, as they would be in a file. */
export function* writeInlineResults(
  items: readonly Readonly<Record<string, unknown>>[],
): Generator<Uint8Array> {
  for (const { metadata, ...result } of items) {
    const key = keyOf(metadata);
    yield Buffer.from(`${JSON.stringify(key === null ? result : { key, ...result })}\n`);
  }
}

function keyOf(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null || !("key" in metadata)) return null;
  return metadata.key;
}
