import type { MapOptions, Side } from "../src/core/translation.ts";
import { formats } from "../src/formats/formats.ts";
import { createLineIds } from "../src/formats/line-ids.ts";

/** Each format in the registry, with a model of its own; one with several kinds of bodies, with several. */
export const SIDES: Readonly<Record<string, Side>> = {
  openai: { format: formats.openai, endpoint: "chat", model: "gpt-4o-mini", variant: null },
  anthropic: {
    format: formats.anthropic,
    endpoint: "chat",
    model: "claude-haiku-4-5",
    variant: null,
  },
  gemini: { format: formats.gemini, endpoint: "chat", model: "gemini-2.5-flash", variant: null },
  bedrock: {
    format: formats.bedrock,
    endpoint: "chat",
    model: "anthropic.claude-haiku-4-5-20251001-v1:0",
    variant: null,
  },
  converse: {
    format: formats.bedrock,
    endpoint: "chat",
    model: "amazon.nova-lite-v1:0",
    variant: "Converse",
  },
};

export function sideOf(name: string): Side {
  const side = SIDES[name];
  if (side === undefined) throw new Error(`${name} is none of ${Object.keys(SIDES).join(", ")}`);
  return side;
}

export function mapOptions(to: Side, rest: Partial<MapOptions> = {}): MapOptions {
  return {
    mode: "warn",
    // Converse takes tools only in single calls.
    isBatch: to.variant !== "Converse",
    ids: createLineIds(to.format.idRule),
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}0123456789abcdef`,
    ...rest,
  };
}
