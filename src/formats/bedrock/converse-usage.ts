import type { Usage } from "../../core/chat-response.ts";
import type { FormatName } from "../../core/format-name.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { arrayIn, countIn } from "../open-values.ts";

/** Bedrock counts what came from the cache, and went into it, beside the other input. */
export function parseConverseUsage(value: Json | undefined): Usage | null {
  if (!isJsonObject(value)) return null;
  const input = countIn(value, "inputTokens") ?? 0;
  const output = countIn(value, "outputTokens") ?? 0;
  // Nova's own bodies have the longer names.
  const reads =
    countIn(value, "cacheReadInputTokens") ?? countIn(value, "cacheReadInputTokenCount");
  const writes =
    countIn(value, "cacheWriteInputTokens") ?? countIn(value, "cacheWriteInputTokenCount");
  const all = input + (reads ?? 0) + (writes ?? 0);
  return {
    inputTokens: all,
    cacheReadTokens: reads,
    cacheWriteTokens: writes,
    cacheWriteHourTokens: hourTokens(value),
    outputTokens: output,
    totalTokens: countIn(value, "totalTokens") ?? all + output,
  };
}

function hourTokens(usage: JsonObject): number | undefined {
  for (const detail of arrayIn(usage, "cacheDetails")) {
    if (isJsonObject(detail) && detail["ttl"] === "1h") return countIn(detail, "inputTokens");
  }
  return undefined;
}

/**
 * Converse always says the first three; what isn't known is 0. Of the cache it speaks where there is one, other families always do.
 */
export function writeConverseUsage(usage: Usage | null, family: FormatName): JsonObject {
  if (usage === null) return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  const said = (count: number | undefined) =>
    count === 0 && family !== "bedrock" ? undefined : count;
  const { cacheReadTokens, cacheWriteTokens, cacheWriteHourTokens } = usage;
  const cached = (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  return {
    inputTokens: Math.max(0, usage.inputTokens - cached),
    outputTokens: usage.outputTokens,
    totalTokens: usage.totalTokens,
    cacheReadInputTokens: said(cacheReadTokens),
    cacheWriteInputTokens: said(cacheWriteTokens),
    cacheDetails: writeDetails(cacheWriteTokens, cacheWriteHourTokens),
  };
}

function writeDetails(
  all: number | undefined,
  hour: number | undefined,
): readonly JsonObject[] | undefined {
  if (hour === undefined || hour === 0) return undefined;
  const short = (all ?? hour) - hour;
  const details = [{ ttl: "1h", inputTokens: hour }];
  return short > 0 ? [...details, { ttl: "5m", inputTokens: short }] : details;
}
