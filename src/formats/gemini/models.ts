import { perModel } from "../per-model.ts";

/** What Google's models are, by their names; a name we don't know takes everything that any of them does. */

/** `2.5` of `models/gemini-2.5-flash`; infinite for `gemini-flash-latest`; null where the name doesn't say. */
export const generationOf = perModel((model): number | null => {
  const name = bareName(model);
  if (/^gemini-(pro|flash|flash-lite)-latest$/.test(name)) return Infinity;
  if (/^gemini-pro(-vision)?$/.test(name)) return 1;
  const version = /^gemini-(\d{1,3}(?:\.\d{1,3})?)(-|$)/.exec(name)?.[1];
  return version === undefined ? null : Number(version);
});

/** How a model is told how long to think. wire.md F.6; https://ai.google.dev/gemini-api/docs/thinking */
export type ThinkingControl =
  | { readonly kind: "none" }
  | { readonly kind: "level"; readonly lowest: "minimal" | "low" }
  | {
      readonly kind: "budget";
      /** The least that isn't zero. */
      readonly min: number;
      readonly max: number;
      readonly canBeOff: boolean;
    };

export const thinkingControl = perModel((model): ThinkingControl => {
  const name = bareName(model);
  const generation = generationOf(model);
  if (generation !== null && generation >= 3) {
    return { kind: "level", lowest: /^gemini-([\d.]+-)?pro(-|$)/.test(name) ? "low" : "minimal" };
  }
  if (generation !== null && generation < 2.5) return { kind: "none" };
  if (name.includes("-pro")) return { kind: "budget", min: 128, max: 32_768, canBeOff: false };
  const min = name.includes("-lite") ? 512 : 1;
  return { kind: "budget", min, max: 24_576, canBeOff: true };
});

/** https://ai.google.dev/gemini-api/docs/file-input-methods: from 2.5 on, Gemini fetches what is public. */
export function readsAddresses(model: string | null): boolean {
  return (generationOf(model) ?? Infinity) >= 2.5;
}

/** The Gemini API answers 400 to penalties there, other than Vertex. */
export function hasPenalties(model: string | null): boolean {
  return generationOf(model) !== 2.5;
}

function bareName(model: string | null): string {
  return model === null ? "" : model.slice(model.lastIndexOf("/") + 1).toLowerCase();
}
