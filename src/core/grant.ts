import type { Client } from "./client.ts";
import { GatewayError } from "./errors.ts";
import { matchesGlob } from "./glob.ts";
import { withoutPrefix } from "./model-name.ts";
import type { Provider } from "./provider.ts";

/** How much a virtual key may ask for; null: as much as it likes. */
interface KeyLimits {
  /** Counted by each replica by itself. */
  readonly requestsPerMinute: number | null;
  /** Lines of the batches that it creates on a day, which begins at midnight UTC. */
  readonly linesPerDay: number | null;
  /** Of the files and inline requests that it sends on such a day. */
  readonly bytesPerDay: number | null;
  readonly concurrentBatches: number | null;
}

/** What a virtual key allows, as whoever made it said. */
export interface Grant {
  readonly keyId: string;
  /** Of the key; the audit log shows it. */
  readonly name: string;
  /** Null: every one. */
  readonly providers: readonly string[] | null;
  /** Patterns such as `gpt-5*`, of which a model must match one; null: every model. */
  readonly models: readonly string[] | null;
  readonly limits: KeyLimits;
  /** The client's folder below the gateway's default S3 location. */
  readonly folder: string;
}

type Named = Pick<Provider, "name" | "modelPrefix">;

/**
 * The one gate for what a virtual key may use: `forbidden` unless it may use the provider, and, where one is given, the
 * model there.
 */
export function checkAllowed(
  { grant }: Pick<Client, "grant">,
  provider: Named,
  model: string | null,
): void {
  if (grant === null) return;
  if (grant.providers !== null && !grant.providers.includes(provider.name)) {
    throw new GatewayError(
      "forbidden",
      `This key may not use the provider '${provider.name}'. It may use: ${grant.providers.join(", ")}.`,
      { param: "provider", reason: "provider_not_allowed" },
    );
  }
  if (model === null || isModelAllowed(grant.models, provider, model)) return;
  throw new GatewayError("forbidden", modelRefusal(model), {
    param: "model",
    reason: "model_not_allowed",
  });
}

/** Null allows every model. Patterns mean the model as its provider names it, or with the provider before it: `gpt-5*`, `openai/gpt-5*`. */
export function isModelAllowed(patterns: Grant["models"], provider: Named, model: string): boolean {
  const name = withoutPrefix(model, provider.modelPrefix);
  if (patterns === null) return !STORED_PROMPT.test(name);
  if (ELSEWHERE.test(name)) return false;
  const full = `${provider.name}/${name}`;
  return patterns.some((pattern) => matchesGlob(name, pattern) || matchesGlob(full, pattern));
}

export function modelRefusal(model: string): string {
  return `This key may not use the model '${model.slice(0, 100)}'.`;
}

/** What lies in an AWS account as a prompt passes as a model there; whose it is nobody knows, so that it must be allowed by name. */
const STORED_PROMPT = /^arn:[^:]*:bedrock:[^:]*:[^:]*:prompt\//i;

/** Some providers have the model in the path: such a name would match a pattern, and lead to another model. */
const ELSEWHERE = /(?:^|\/)\.{1,2}(?:\/|$)|[?#%\s\\]|\p{Cc}/u;
