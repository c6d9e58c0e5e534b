import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** Batches have a price of their own, so another family's word for it only counts in single calls. */
export function writeServiceTier(
  { serviceTier, family }: ChatRequest,
  context: WriteContext,
): JsonObject | undefined {
  if (serviceTier === undefined) return undefined;
  if (family === "bedrock") return { type: serviceTier };
  const word = serviceTier.toLowerCase();
  if (context.isBatch || word === "auto") return undefined;
  const tier = TIERS.get(word);
  if (tier !== undefined) return { type: tier };
  context.warn("serviceTier", "Bedrock has default, flex and priority");
  return undefined;
}

const TIERS: ReadonlyMap<string, string> = new Map([
  ["default", "default"],
  ["standard", "default"],
  ["standard_only", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
]);
