import type { Extra } from "../../core/chat-request.ts";
import type { Usage } from "../../core/chat-response.ts";
import type { JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";
import { createExtrasReader } from "../fields.ts";
import { countIn, objectIn } from "../open-values.ts";

/** Anthropic counts what went to and from the cache beside the input, and the hub within it. */
export function parseUsage(usage: JsonObject, at: JsonPath, extras: Extra[]): Usage {
  readExtras(usage, at, extras);
  const read = countIn(usage, "cache_read_input_tokens");
  const written = countIn(usage, "cache_creation_input_tokens");
  const inputTokens = (countIn(usage, "input_tokens") ?? 0) + (read ?? 0) + (written ?? 0);
  const outputTokens = countIn(usage, "output_tokens") ?? 0;
  const writes = objectIn(usage, "cache_creation");
  const details = objectIn(usage, "output_tokens_details");
  return {
    inputTokens,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWriteHourTokens:
      writes === undefined ? undefined : countIn(writes, "ephemeral_1h_input_tokens"),
    outputTokens,
    reasoningTokens: details === undefined ? undefined : countIn(details, "thinking_tokens"),
    totalTokens: inputTokens + outputTokens,
  };
}

const readExtras = createExtrasReader(`
  input_tokens output_tokens cache_read_input_tokens
  cache_creation_input_tokens cache_creation output_tokens_details service_tier
`);

/** With every key that Anthropic's clients expect. */
export function writeUsage(usage: Usage | null, serviceTier: string): JsonObject {
  const read = usage?.cacheReadTokens ?? 0;
  const written = usage?.cacheWriteTokens ?? 0;
  const forAnHour = usage?.cacheWriteHourTokens ?? 0;
  const { reasoningTokens } = usage ?? {};
  return {
    input_tokens: Math.max((usage?.inputTokens ?? 0) - read - written, 0),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: {
      ephemeral_5m_input_tokens: Math.max(written - forAnHour, 0),
      ephemeral_1h_input_tokens: forAnHour,
    },
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details:
      reasoningTokens === undefined ? undefined : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    service_tier: serviceTier,
    inference_geo: null,
  };
}
