import type { BodyChoice } from "../../core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { isJsonArray } from "../fields.ts";
import type { ModelFamily } from "./model-family.ts";

interface Hints extends Pick<BodyChoice, "variant" | "endpoint"> {
  /** By the model. */
  readonly family: ModelFamily | null;
}

/** Whose body it is, a request's or an answer's, by its keys. Null: it may be several's, and the model decides. */
export function familyOfSample(sample: JsonObject, hints: Hints): ModelFamily | "converse" | null {
  for (const key in sample) {
    const found = FINDERS.get(key)?.(sample, hints);
    if (found !== undefined && found !== null) return found;
  }
  return null;
}

type Finder = (sample: JsonObject, hints: Hints) => ModelFamily | "converse" | null;

/** By a key that tells; those of one body alone first say so, the others look closer. */
const FINDERS: ReadonlyMap<string, Finder> = new Map<string, Finder>([
  ["anthropic_version", () => "claude"],
  ["type", ({ type }) => (type === "message" ? "claude" : null)],
  ["schemaVersion", () => "nova"],
  ["additionalModelRequestFields", () => "converse"],
  ["outputConfig", () => "converse"],
  ["metrics", () => "converse"],
  ["inferenceConfig", converseOrNova],
  ["toolConfig", converseOrNova],
  ["output", converseOrNova],
  ["messages", ofMessages],
  ["max_gen_len", llamaOf],
  ["generation", llamaOf],
  ["prompt", ofPrompt],
  ["outputs", () => "mistral"],
  ["choices", ofChoices],
  ["textGenerationConfig", () => "titan"],
  ["results", () => "titan"],
  ["inputText", ofInputText],
  ["embedding", titanEmbedding],
  ["texts", cohereEmbedding],
  ["input_type", cohereEmbedding],
  ["embeddings", cohereEmbedding],
]);

function converseOrNova(sample: JsonObject, { family, variant }: Hints): "converse" | "nova" {
  if (variant === "Converse" || sample["metrics"] !== undefined) return "converse";
  return family === "nova" ? "nova" : "converse";
}

/** Only Converse's blocks, and Nova's, have no type. */
function ofMessages(sample: JsonObject, hints: Hints): "converse" | "nova" | null {
  if (Object.hasOwn(sample, "anthropic_version") || Object.hasOwn(sample, "schemaVersion"))
    return null;
  const block = firstBlock(sample["messages"]);
  return block === null || block["type"] !== undefined ? null : converseOrNova(sample, hints);
}

function firstBlock(messages: Json | undefined): JsonObject | null {
  if (!isJsonArray(messages)) return null;
  const [first] = messages;
  const content = isJsonObject(first) ? first["content"] : undefined;
  const block = isJsonArray(content) ? content[0] : undefined;
  return isJsonObject(block) ? block : null;
}

function llamaOf(sample: JsonObject, { family }: Hints): "llama" | "llama4" {
  const { prompt } = sample;
  if (typeof prompt === "string" && prompt.includes("<|header_start|>")) return "llama4";
  if (typeof prompt === "string" && prompt.includes("<|start_header_id|>")) return "llama";
  return family === "llama4" ? family : "llama";
}

function ofPrompt(sample: JsonObject, hints: Hints): ModelFamily | null {
  const { prompt } = sample;
  if (typeof prompt !== "string") return null;
  if (prompt.includes("<|") || Object.hasOwn(sample, "max_gen_len")) return llamaOf(sample, hints);
  return prompt.includes("[INST]") ? "mistral" : null;
}

function ofChoices(sample: JsonObject, { family }: Hints): "mistral_chat" | "openai" {
  const { choices } = sample;
  const first = isJsonArray(choices) ? choices[0] : undefined;
  const isMistral = isJsonObject(first) && first["stop_reason"] !== undefined;
  if (isMistral && first["finish_reason"] === undefined) return "mistral_chat";
  return family === "mistral_chat" ? family : "openai";
}

/** Titan's text alone may be there to be answered or to be embedded. */
function ofInputText(sample: JsonObject, { family, endpoint }: Hints): ModelFamily | null {
  if (Object.hasOwn(sample, "textGenerationConfig")) return "titan";
  const isV2 = ["dimensions", "normalize", "embeddingTypes"].some((key) =>
    Object.hasOwn(sample, key),
  );
  if (isV2) return "titan_embed_v2";
  if (family === "titan" || family === "titan_embed_v1" || family === "titan_embed_v2")
    return family;
  return endpoint === "embeddings" ? "titan_embed_v2" : "titan";
}

function titanEmbedding(_sample: JsonObject, { family }: Hints): ModelFamily {
  return family === "titan_embed_v1" ? family : "titan_embed_v2";
}

function cohereEmbedding(sample: JsonObject, { family }: Hints): ModelFamily {
  if (family === "cohere_embed_v3" || family === "cohere_embed_v4") return family;
  const isV4 = Object.hasOwn(sample, "output_dimension") || Object.hasOwn(sample, "inputs");
  return isV4 ? "cohere_embed_v4" : "cohere_embed_v3";
}
