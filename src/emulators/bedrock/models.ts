// https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html and …/inference-profiles-support.html

import { invalid } from "./bedrock-error.ts";

/** Whose body a model takes. */
export type Family =
  | "claude"
  | "nova"
  | "llama"
  | "mistral"
  | "titan"
  | "chat"
  | "titan-embed-v1"
  | "titan-embed-v2"
  | "cohere-embed-v3"
  | "cohere-embed-v4";

export interface ModelInfo {
  /** Of the foundation model, as `anthropic.claude-3-haiku-20240307-v1:0`; or a custom model's ARN. */
  readonly id: string;
  readonly family: Family;
  /** Of Claude: what it takes changed with 3.7, 4, 4.1, 4.5 and 4.6. The newest if left out. */
  readonly generation?: number;
}

export interface ModelTable {
  /** By its id, its ARN or an inference profile. Throws where there is none. */
  readonly require: (id: string) => ModelInfo;
}

const DEFAULT_MODELS: readonly ModelInfo[] = [
  { id: "anthropic.claude-3-haiku-20240307-v1:0", family: "claude", generation: 3 },
  { id: "anthropic.claude-3-sonnet-20240229-v1:0", family: "claude", generation: 3 },
  { id: "anthropic.claude-3-opus-20240229-v1:0", family: "claude", generation: 3 },
  { id: "anthropic.claude-3-5-haiku-20241022-v1:0", family: "claude", generation: 3.5 },
  { id: "anthropic.claude-3-5-sonnet-20240620-v1:0", family: "claude", generation: 3.5 },
  { id: "anthropic.claude-3-5-sonnet-20241022-v2:0", family: "claude", generation: 3.5 },
  { id: "anthropic.claude-3-7-sonnet-20250219-v1:0", family: "claude", generation: 3.7 },
  { id: "anthropic.claude-sonnet-4-20250514-v1:0", family: "claude", generation: 4 },
  { id: "anthropic.claude-opus-4-20250514-v1:0", family: "claude", generation: 4 },
  { id: "anthropic.claude-opus-4-1-20250805-v1:0", family: "claude", generation: 4.1 },
  { id: "anthropic.claude-sonnet-4-5-20250929-v1:0", family: "claude", generation: 4.5 },
  { id: "anthropic.claude-haiku-4-5-20251001-v1:0", family: "claude", generation: 4.5 },
  { id: "anthropic.claude-opus-4-5-20251101-v1:0", family: "claude", generation: 4.5 },
  { id: "anthropic.claude-opus-4-6-v1", family: "claude", generation: 4.6 },
  { id: "anthropic.claude-sonnet-4-6", family: "claude", generation: 4.6 },
  ...all("nova", "amazon.nova-*-v1:0", ["micro", "lite", "pro"]),
  { id: "amazon.nova-premier-v1:0", family: "nova" },
  { id: "amazon.nova-2-lite-v1:0", family: "nova" },
  ...all("llama", "meta.llama3-1-*-instruct-v1:0", ["8b", "70b", "405b"]),
  ...all("llama", "meta.llama3-2-*-instruct-v1:0", ["1b", "3b", "11b", "90b"]),
  { id: "meta.llama3-3-70b-instruct-v1:0", family: "llama" },
  ...all("llama", "meta.llama4-*-instruct-v1:0", ["maverick-17b", "scout-17b"]),
  { id: "mistral.mistral-7b-instruct-v0:2", family: "mistral" },
  { id: "mistral.mixtral-8x7b-instruct-v0:1", family: "mistral" },
  ...all("mistral", "mistral.mistral-*-v1:0", ["small-2402", "large-2402", "large-2407"]),
  ...all("titan", "amazon.titan-text-*", ["express-v1", "lite-v1", "premier-v1:0"]),
  ...all("chat", "openai.gpt-oss-*-1:0", ["20b", "120b"]),
  ...all("chat", "qwen.qwen3-*-v1:0", ["32b", "235b-a22b-2507", "coder-30b-a3b"]),
  { id: "deepseek.v3-v1:0", family: "chat" },
  { id: "moonshot.kimi-k2-thinking", family: "chat" },
  { id: "amazon.titan-embed-text-v1", family: "titan-embed-v1" },
  { id: "amazon.titan-embed-text-v2:0", family: "titan-embed-v2" },
  ...all("cohere-embed-v3", "cohere.embed-*-v3", ["english", "multilingual"]),
  { id: "cohere.embed-v4:0", family: "cohere-embed-v4" },
];

/** One model a name, which stands where the star is. */
function all(family: Family, pattern: string, names: readonly string[]): readonly ModelInfo[] {
  return names.map((name) => ({ id: pattern.replace("*", name), family }));
}

const ARN =
  /^arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:\d{0,12}:(?:foundation-model|inference-profile)\//;
const GEOGRAPHY = /^(?:us|us-gov|eu|apac|jp|au|ca|global)\./;

export function createModelTable(more: readonly ModelInfo[]): ModelTable {
  const byId = new Map([...DEFAULT_MODELS, ...more].map((model) => [model.id, model] as const));
  return {
    require: (id) => {
      const model = byId.get(id) ?? byId.get(id.replace(ARN, "").replace(GEOGRAPHY, ""));
      if (model !== undefined) return model;
      throw invalid("The provided model identifier is invalid.");
    },
  };
}

export function isEmbedding({ family }: ModelInfo): boolean {
  return family.includes("embed");
}
