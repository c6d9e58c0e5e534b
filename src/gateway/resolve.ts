import { GatewayError } from "../core/errors.ts";
import type { Call } from "../core/gateway.ts";
import { checkAllowed } from "../core/grant.ts";
import type { Provider } from "../core/provider.ts";
import type { Providers } from "../core/providers.ts";

/** The provider that the request names in so many words, or null. Two names that differ are refused. */
export function namedProvider(call: Call, providers: Providers): Provider | null {
  const names = [...new Set(call.namedProviders)];
  const [name] = names;
  if (name === undefined) return null;
  if (names.length > 1) {
    throw new GatewayError(
      "invalid_request",
      `The request names more than one provider: ${names.map((each) => `'${each.slice(0, 64)}'`).join(" and ")}. Name one.`,
      { param: "provider", reason: "invalid_value" },
    );
  }
  return providers.get(name);
}

/** Whether it is called with a key of the gateway's, so never with a client's that may be meant for another. */
export function hasOwnKey({ configuredKey, namedKeys = [], passThrough }: Provider): boolean {
  return configuredKey !== null || namedKeys.length > 0 || !passThrough;
}

/** The provider of what a request makes, which its client may use, with the model where one is known. */
export function resolveProvider(
  call: Call,
  providers: Providers,
  hints: ProviderHints = {},
): Provider {
  const provider = pickProvider(call, providers, hints);
  checkAllowed(call.client, provider, hints.model ?? null);
  return provider;
}

interface ProviderHints {
  readonly ofObject?: string | null;
  readonly model?: string | null;
}

/** Named, else that of the file or batch at hand, else by the model's prefix (`anthropic/claude-…`), else the dialect's own. */
function pickProvider(call: Call, providers: Providers, hints: ProviderHints): Provider {
  const named = namedProvider(call, providers);
  if (named !== null) return named;
  if (hints.ofObject !== undefined && hints.ofObject !== null) return providers.get(hints.ofObject);
  const prefix = hints.model?.split("/", 1)[0];
  if (prefix !== undefined && prefix !== hints.model && providers.has(prefix))
    return providers.get(prefix);
  return providers.get(call.defaultProvider);
}

/** A batch stays where it runs: naming another provider is a mistake that must not pass in silence. */
export function checkNamedProvider(call: Call, providers: Providers, own: string): void {
  const named = namedProvider(call, providers);
  if (named !== null && named.name !== own) {
    throw new GatewayError(
      "invalid_request",
      `The request names provider '${named.name}', but this batch runs at '${own}'. Leave the name out, or give the batch's own.`,
      { param: "provider", reason: "invalid_value" },
    );
  }
}
