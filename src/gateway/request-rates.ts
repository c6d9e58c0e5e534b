import { GatewayError } from "../core/errors.ts";

const MINUTE_MILLISECONDS = 60_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Requests of each key in this process: a minute's worth at once, then as many as the minute gives. */
export function createRequestRates(now: () => number): {
  count(keyId: string, perMinute: number | null): void;
} {
  const buckets = new Map<string, Bucket>();
  return {
    count(keyId, perMinute) {
      if (perMinute === null) return;
      const at = now();
      const last = buckets.get(keyId) ?? { tokens: perMinute, at };
      const grown = (Math.max(0, at - last.at) / MINUTE_MILLISECONDS) * perMinute;
      const tokens = Math.min(perMinute, last.tokens + grown);
      if (tokens < 1) {
        buckets.set(keyId, { tokens, at });
        throw new GatewayError(
          "rate_limited",
          `This key may send ${perMinute} requests a minute. Try again shortly.`,
          { retryAfterSeconds: ((1 - tokens) * 60) / perMinute },
        );
      }
      buckets.set(keyId, { tokens: tokens - 1, at });
    },
  };
}
