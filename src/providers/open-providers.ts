import { OPENAI_BASE_URL } from "../config/provider-entries.ts";
import type { Config } from "../config/schema.ts";
import { GatewayError } from "../core/errors.ts";
import type { Provider } from "../core/provider.ts";
import type { Log, Telemetry } from "../core/telemetry.ts";
import { createAnthropicProvider } from "./anthropic/anthropic.ts";
import { createGeminiProvider } from "./gemini/gemini.ts";
import { createOpenAIProvider } from "./openai/openai.ts";
import type { HttpDeps } from "./upstream.ts";
import { createUpstreamAgent } from "./upstream-agent.ts";

export interface OpenProviders {
  readonly providers: readonly Provider[];
  close(): Promise<void>;
}

type Entry = Config["providers"][string];

/** Every provider that configuration names and that there is code for, over one pool of connections. */
export function openProviders(
  config: Config,
  deps: { readonly telemetry: Telemetry; readonly log: Log; readonly now: () => number },
): OpenProviders {
  const agent = createUpstreamAgent();
  const providers = Object.entries(config.providers).flatMap(([name, entry]) =>
    openProvider(name, entry, { ...deps, agent }),
  );
  return { providers, close: () => agent.close() };
}

/** A host in OpenAI's place may have models that are truly named `openai/gpt-oss-120b`. */
function prefixOf(name: string, { baseUrl }: { readonly baseUrl: string }): string | null {
  return name === "openai" && baseUrl !== OPENAI_BASE_URL ? null : name;
}

function openProvider(name: string, entry: Entry, deps: HttpDeps): readonly Provider[] {
  switch (entry.kind) {
    case "openai":
      return [createOpenAIProvider({ ...entry, name, modelPrefix: prefixOf(name, entry) }, deps)];
    case "anthropic":
      return [createAnthropicProvider({ ...entry, name, modelPrefix: name }, deps)];
    case "gemini":
      return [createGeminiProvider({ ...entry, name, modelPrefix: name }, deps)];
    case "bedrock":
      // The built-in entries are there before their providers are: only a named one asks for something.
      if (name === entry.kind) return [];
      throw new GatewayError(
        "invalid_request",
        `providers.${name}: kind '${entry.kind}' isn't supported yet.`,
      );
    default:
      return entry satisfies never;
  }
}
