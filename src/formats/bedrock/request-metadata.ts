import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** `requestMetadata`, by which a user finds calls in the logs: at most 16, of few characters each. */
export function writeMetadata(
  request: ChatRequest,
  context: WriteContext,
): Readonly<Record<string, string>> | undefined {
  const { metadata } = request;
  if (metadata === undefined) return undefined;
  const entries = Object.entries(metadata);
  const kept = entries
    .filter(([key, value]) => KEY.test(key) && VALUE.test(context.reveal(value)))
    .slice(0, MAX);
  if (kept.length < entries.length) {
    context.warn(
      "metadata",
      "Bedrock takes 16 entries of at most 256 letters, digits and few signs",
    );
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const MAX = 16;
const KEY = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;
const VALUE = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
