import type { ReceivedContent } from "../core/gateway.ts";
import { ownTime } from "../lib/own-time.ts";
import type { GatewayContext } from "./context.ts";
import { takeCopyAhead } from "./copy-ahead.ts";

export async function discard(context: GatewayContext, content: ReceivedContent): Promise<void> {
  await takeCopyAhead(content)?.lines.drop();
  await context.blobs.delete(content.blob, ownTime());
}

/** After what named them is gone. What can't be removed now is swept later. */
export async function removeBlobs(context: GatewayContext, blobs: Iterable<string>): Promise<void> {
  for (const blob of blobs) {
    try {
      await context.blobs.delete(blob, ownTime());
    } catch (error) {
      context.log.warn({ blob, error }, "stored bytes could not be removed");
    }
  }
}
