import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** Batches have a price of their own, so another family's word for it only counts in single calls. */
export function writeServiceTier(request: ChatRequest, context: WriteContext): string | undefined {
  const { serviceTier, family } = request;
  if (serviceTier === undefined || family === "openai") return serviceTier;
  return context.isBatch ? undefined : TIERS.get(serviceTier.toLowerCase());
}

const TIERS: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "default"],
  ["standard", "default"],
  ["standard_only", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
]);
