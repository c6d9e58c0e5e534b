import { CodecError } from "../../core/codec-error.ts";
import type { BodyChoice, BodyFormat } from "../../core/format.ts";
import type { BedrockBodies } from "./bodies.ts";
import { describeModel, EMBEDDING_FAMILIES, type ModelFamily } from "./model-family.ts";
import { familyOfSample } from "./sample-family.ts";

/**
 * The body of a line, by what it looks like, else by the model. Where nobody names the variant it is `InvokeModel`, as at AWS:
 * bodies of the models' own, which take tools in a batch, as Converse doesn't.
 */
export function chooseBody(choice: BodyChoice, { converse, families }: BedrockBodies): BodyFormat {
  const { endpoint, model, variant, sample } = choice;
  if (variant !== null && variant !== "InvokeModel" && variant !== "Converse") {
    throw new CodecError(
      "invalid_request",
      "modelInvocationType",
      `must be InvokeModel or Converse; it is ${JSON.stringify(variant.slice(0, 80))}`,
    );
  }
  const { family } = describeModel(model);
  if (sample !== null) {
    const found = familyOfSample(sample, { family, variant, endpoint });
    if (found !== null) return found === "converse" ? converse : families[found];
  }
  if (endpoint !== "chat" && endpoint !== "responses" && endpoint !== "embeddings") {
    throw untranslatable(`${endpoint.slice(0, 80)} has no equivalent on Bedrock`);
  }
  const isEmbedding = endpoint === "embeddings";
  if (variant === "Converse") {
    if (isEmbedding || isEmbeddingFamily(family)) {
      throw untranslatable("embeddings are made by InvokeModel, not by Converse");
    }
    return converse;
  }
  if (family === null) throw untranslatable(unknownModel(model));
  if (isEmbedding !== isEmbeddingFamily(family)) {
    throw untranslatable(
      isEmbedding
        ? `${String(model)} makes no embeddings`
        : `${String(model)} only makes embeddings`,
    );
  }
  return families[family];
}

function isEmbeddingFamily(family: ModelFamily | null): boolean {
  return family !== null && EMBEDDING_FAMILIES.has(family);
}

function unknownModel(model: string | null): string {
  const who = model === null ? "no model is named, so" : `${model.slice(0, 200)}:`;
  return (
    `${who} the body isn't known. InvokeModel bodies are known for Claude, Nova, Llama 3 and 4, Mistral, Titan Text, ` +
    "models with OpenAI's bodies (gpt-oss, Qwen, DeepSeek V3, Kimi, Gemma, Nemotron, MiniMax, GLM), and for embeddings of " +
    "Titan and Cohere. For any other chat model, and for custom ones, say modelInvocationType Converse"
  );
}

function untranslatable(message: string): CodecError {
  return new CodecError("untranslatable", "model", message);
}
