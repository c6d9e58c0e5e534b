import { isGatewayError } from "../core/errors.ts";
import type { Call } from "../core/gateway.ts";
import type { Provider } from "../core/provider.ts";
import { findStoragePlace } from "../core/s3-gate.ts";
import type { ListQuery } from "../core/storage.ts";
import type { GatewayContext } from "./context.ts";
import { openSources, type Source } from "./mirror.ts";
import { hasOwnKey, namedProvider } from "./resolve.ts";

/** Where a list's provider is named, it may stand for every one. */
const ALL = "all";

/** Whose objects a list shows, and whose own lists are read before that. */
export interface Listing {
  /** As if no provider were named where all are. */
  readonly call: Call;
  readonly filter: Pick<ListQuery, "provider" | "liesBelow">;
  readonly sources: readonly Source[];
}

/** With none named it is what is known here; with `all` the lists of all providers that have a key here are read too. */
export function openListing(context: GatewayContext, given: Call): Listing {
  const { providers } = context;
  const isAll = given.namedProviders.includes(ALL) && !providers.has(ALL);
  const namedProviders = given.namedProviders.filter((name) => !isAll || name !== ALL);
  const call = { ...given, namedProviders };
  const named = namedProvider(call, providers);
  const everyone =
    isAll && named === null ? providers.names.map((name) => providers.get(name)) : [];
  // A client's own key is for the provider that it names, and goes to no other.
  const asked = named === null ? everyone.filter(hasOwnKey) : [named];
  return {
    call,
    filter: {
      ...(named === null ? {} : { provider: named.name }),
      ...placeOf(call, named),
    },
    sources: call.client.mirrors
      ? asked.flatMap((provider) => openSources(context, call, provider))
      : [],
  };
}

/** Reads the providers' lists; of all of them one that refuses its key isn't there. */
export async function readSources(
  context: GatewayContext,
  { sources }: Listing,
  read: (source: Source) => Promise<void>,
): Promise<void> {
  for (const source of sources) {
    try {
      await read(source);
    } catch (error) {
      if (sources.length === 1 || !isGatewayError(error, "upstream_unauthorized")) throw error;
      context.log.warn({ provider: source.provider.name, error }, "a list left a provider out");
    }
  }
}

/** Of files that are objects of a bucket, those in the place that the query names. */
function placeOf(call: Call, named: Provider | null): Pick<ListQuery, "liesBelow"> {
  if (named !== null && !named.hasForeignFiles) return {};
  const place = findStoragePlace(call.client, call.options);
  return place === null ? {} : { liesBelow: place };
}
