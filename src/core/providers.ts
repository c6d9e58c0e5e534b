import { GatewayError } from "./errors.ts";
import type { Provider } from "./provider.ts";

/** The configured providers by name. */
export interface Providers {
  readonly names: readonly string[];
  /** `unknown_provider` naming those that there are. */
  get(name: string): Provider;
  has(name: string): boolean;
}

export function createProviders(list: readonly Provider[]): Providers {
  const byName = new Map(list.map((provider) => [provider.name, provider]));
  const names = [...byName.keys()];
  return {
    names,
    has: (name) => byName.has(name),
    get(name) {
      const provider = byName.get(name);
      if (provider === undefined) {
        throw new GatewayError(
          "unknown_provider",
          `Unknown provider '${name.slice(0, 64)}'. Configured here: ${names.join(", ")}.`,
          { param: "provider", reason: "invalid_value" },
        );
      }
      return provider;
    },
  };
}
