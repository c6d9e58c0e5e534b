import { OPENAI_BASE_URL } from "../config/provider-entries.ts";
import type { Config } from "../config/schema.ts";
import type { Provider, ProviderLimits } from "../core/provider.ts";
import type { Log, Telemetry } from "../core/telemetry.ts";
import { createAnthropicProvider } from "./anthropic/anthropic.ts";
import { createGeminiProvider } from "./gemini/gemini.ts";
import { createBedrockProvider } from "./bedrock/bedrock.ts";
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
  const closers: (() => Promise<void>)[] = [];
  const context: OpenContext = {
    ...deps,
    agent,
    s3: config.s3,
    onClose: (close) => closers.push(close),
  };
  const providers = Object.entries(config.providers).flatMap(([name, entry]) =>
    openProvider(name, entry, context),
  );
  return {
    providers,
    async close() {
      await Promise.all(closers.map(async (close) => close()));
      await agent.close();
    },
  };
}

interface OpenContext extends HttpDeps {
  readonly s3: Config["s3"];
  /** For what a provider has open beside the shared pool. */
  readonly onClose: (close: () => Promise<void>) => void;
}

/** A host in OpenAI's place may have models that are truly named `openai/gpt-oss-120b`. */
function prefixOf(name: string, { baseUrl }: { readonly baseUrl: string }): string | null {
  return name === "openai" && baseUrl !== OPENAI_BASE_URL ? null : name;
}

/** Quotas of an account, and what other hosts than a provider's own take. */
function limitsOf({ maxJobLines, maxJobBytes }: Entry): Partial<ProviderLimits> {
  return {
    ...(maxJobLines === null ? {} : { maxLines: maxJobLines }),
    ...(maxJobBytes === null ? {} : { maxBytes: maxJobBytes }),
  };
}

function openProvider(name: string, given: Entry, context: OpenContext): readonly Provider[] {
  const entry = { ...given, limits: limitsOf(given) };
  switch (entry.kind) {
    case "openai":
      return [
        createOpenAIProvider({ ...entry, name, modelPrefix: prefixOf(name, entry) }, context),
      ];
    case "anthropic":
      return [createAnthropicProvider({ ...entry, name, modelPrefix: name }, context)];
    case "gemini":
      return [createGeminiProvider({ ...entry, name, modelPrefix: name }, context)];
    case "bedrock": {
      const provider = createBedrockProvider({ ...entry, name, s3: context.s3 }, context);
      context.onClose(() => provider.close());
      return [provider];
    }
    default:
      return entry satisfies never;
  }
}
