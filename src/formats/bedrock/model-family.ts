import { perModel } from "../per-model.ts";

/** The bodies that Bedrock's models take through `InvokeModel`, by who made the model and how new it is. */
export type ModelFamily =
  | "claude"
  | "nova"
  | "llama"
  | "llama4"
  | "mistral"
  | "mistral_chat"
  | "titan"
  /** gpt-oss, and the open models that Bedrock serves with OpenAI's bodies. */
  | "openai"
  | "titan_embed_v1"
  | "titan_embed_v2"
  | "cohere_embed_v3"
  | "cohere_embed_v4";

export interface BedrockModel {
  /** Without ARN and region: `anthropic.claude-haiku-4-5-20251001-v1:0`. Empty where nothing says it. */
  readonly name: string;
  /** Null: a model that we have no body for, or one whose id doesn't say what it is. */
  readonly family: ModelFamily | null;
}

/**
 * What a model id, the id of an inference profile (`us.amazon.nova-lite-v1:0`) or the ARN of either says of the model. Custom,
 * imported and provisioned models and application profiles say nothing.
 */
export const describeModel = perModel((model): BedrockModel => {
  if (model === null) return UNKNOWN;
  const id = bareId(model.toLowerCase());
  if (id === null) return UNKNOWN;
  const own = findFamily(id);
  if (own !== undefined) return { name: id, family: own };
  const withoutRegion = id.slice(id.indexOf(".") + 1);
  const family = findFamily(withoutRegion);
  return family === undefined ? { name: id, family: null } : { name: withoutRegion, family };
});

const UNKNOWN: BedrockModel = { name: "", family: null };

/** Null: an ARN that doesn't hold the model's own id. */
function bareId(model: string): string | null {
  if (!model.startsWith("arn:")) return model;
  const resource = model.split(":").slice(5).join(":");
  const slash = resource.indexOf("/");
  const kind = resource.slice(0, slash);
  return kind === "foundation-model" || kind === "inference-profile"
    ? resource.slice(slash + 1)
    : null;
}

function findFamily(id: string): ModelFamily | null | undefined {
  return FAMILIES.find(([prefix]) => id.startsWith(prefix))?.[1];
}

/**
 * The first that fits. Null: no body of ours, though its name begins like one that has.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
 */
const FAMILIES: readonly (readonly [prefix: string, family: ModelFamily | null])[] = [
  ["anthropic.claude", "claude"],
  ["amazon.nova-canvas", null],
  ["amazon.nova-reel", null],
  ["amazon.nova-sonic", null],
  ["amazon.nova-2-sonic", null],
  ["amazon.nova-2-multimodal-embeddings", null],
  ["amazon.nova-", "nova"],
  ["amazon.titan-text-", "titan"],
  ["amazon.titan-tg1-", "titan"],
  ["amazon.titan-embed-text-v2", "titan_embed_v2"],
  ["amazon.titan-embed-text-v1", "titan_embed_v1"],
  ["amazon.titan-embed-g1-text", "titan_embed_v1"],
  ["meta.llama3-", "llama"],
  ["meta.llama4-", "llama4"],
  ["mistral.mistral-7b-", "mistral"],
  ["mistral.mixtral-8x7b-", "mistral"],
  ["mistral.mistral-large-2402", "mistral"],
  ["mistral.mistral-small-2402", "mistral"],
  ["mistral.", "mistral_chat"],
  ["openai.", "openai"],
  ["qwen.", "openai"],
  ["deepseek.r1", null],
  ["deepseek.", "openai"],
  ["moonshot.", "openai"],
  ["moonshotai.", "openai"],
  ["minimax.", "openai"],
  ["zai.", "openai"],
  ["google.gemma-", "openai"],
  ["nvidia.nemotron-", "openai"],
  ["cohere.embed-v4", "cohere_embed_v4"],
  ["cohere.embed-", "cohere_embed_v3"],
];

export const EMBEDDING_FAMILIES: ReadonlySet<ModelFamily> = new Set([
  "titan_embed_v1",
  "titan_embed_v2",
  "cohere_embed_v3",
  "cohere_embed_v4",
]);
