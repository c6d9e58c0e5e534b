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
};

export function sideOf(name: string): Side {
  const side = SIDES[name];
  if (side === undefined) throw new Error(`${name} is none of ${Object.keys(SIDES).join(", ")}`);
  return side;
}

export function mapOptions(to: Side, rest: Partial<MapOptions> = {}): MapOptions {
  return {
    mode: "warn",
    isBatch: true,
    ids: createLineIds(to.format.idRule),
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}0123456789abcdef`,
    ...rest,
  };
}
