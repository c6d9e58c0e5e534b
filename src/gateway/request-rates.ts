import { GatewayError } from "../core/errors.ts";

const MINUTE_MILLISECONDS = 60_000;

/** Anyone may come from many addresses; whoever wasn't seen for longest is forgotten. */
const MAX_REMEMBERED = 10_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export interface RequestRates {
  /** Throws `rate_limited` beyond `perMinute` requests; null: as many as one likes. */
  count(sender: string, perMinute: number | null): void;
}

/** Requests of each sender in this process: a minute's worth at once, then as many as the minute gives. `who` begins the refusal. */
export function createRequestRates(now: () => number, who: string): RequestRates {
  const buckets = new Map<string, Bucket>();
  return {
    count(sender, perMinute) {
      if (perMinute === null) return;
      const at = now();
      const last = buckets.get(sender) ?? { tokens: perMinute, at };
      const grown = (Math.max(0, at - last.at) / MINUTE_MILLISECONDS) * perMinute;
      const tokens = Math.min(perMinute, last.tokens + grown);
      buckets.delete(sender);
      buckets.set(sender, { tokens: tokens < 1 ? tokens : tokens - 1, at });
      const [oldest] = buckets.keys();
      if (buckets.size > MAX_REMEMBERED && oldest !== undefined) buckets.delete(oldest);
      if (tokens >= 1) return;
      throw new GatewayError(
        "rate_limited",
        `${who} may send ${perMinute} requests a minute. Try again shortly.`,
        { retryAfterSeconds: ((1 - tokens) * 60) / perMinute },
      );
    },
  };
}
