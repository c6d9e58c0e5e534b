import { isModelAllowed } from "../core/grant.ts";
import type { Provider, ProviderKey } from "../core/provider.ts";

export const DEFAULT_KEY = "default";

/** Every configured key of a provider: `api_key` first, then `api_keys` as they were named. */
export function keysOf({ configuredKey, namedKeys = [] }: Provider): readonly ProviderKey[] {
  const first = { name: DEFAULT_KEY, key: configuredKey ?? "", models: null, weight: 1 };
  return configuredKey === null ? namedKeys : [first, ...namedKeys];
}

/**
 * The key for something new: the one that holds what it needs, if that may use the model, else one that may, by weight.
 * Where no key is for the model, or it isn't known, those for all models are meant.
 */
export function chooseKey(
  provider: Provider,
  wanted: { readonly model: string | null; readonly home: string | null },
  random: () => number,
): ProviderKey | null {
  const keys = keysOf(provider);
  const { model, home } = wanted;
  const fitting = keys.filter(({ models }) =>
    model === null ? models === null : isModelAllowed(models, provider, model),
  );
  const candidates = fitting.length === 0 ? keys : fitting;
  const holder = candidates.find(({ name }) => name === home);
  return holder ?? byWeight(candidates, random);
}

function byWeight(keys: readonly ProviderKey[], random: () => number): ProviderKey | null {
  const all = keys.reduce((sum, { weight }) => sum + weight, 0);
  let left = random() * all;
  for (const key of keys) {
    left -= key.weight;
    if (left < 0) return key;
  }
  return keys[0] ?? null;
}
