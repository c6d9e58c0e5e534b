import type { Listed } from "./listed-differences.ts";
import type { EmbeddingApi } from "./sdk-models.ts";

/** As for chats: where our embedding requests aren't the SDK's. */
export type ListedEmbeddingDifference = Listed<EmbeddingApi>;

export const EMBEDDING_DIFFERENCES: readonly ListedEmbeddingDifference[] = [
  {
    apis: ["openai"],
    fields: ["encoding_format"],
    ours: "an encoding is named only if the client did, `base64` too",
    theirs: "always `float`",
    why: "batches answer in floats if nobody says otherwise",
  },
  {
    apis: ["gemini"],
    fields: ["model"],
    ours: "the URL names the model",
    theirs: "the body names it again",
    why: "one place for it is enough",
  },
  {
    apis: ["bedrock-cohere"],
    fields: ["input_type"],
    ours: "without a task `search_document`, with a warning",
    theirs: "`search_query`",
    why: "batches embed what is to be found more often than what is sought",
  },
  {
    apis: ["openai", "gemini", "bedrock-titan", "bedrock-cohere"],
    fields: ["tokens"],
    ours: "tokens are kept for OpenAI, refused elsewhere",
    theirs: "no word for them",
    why: "only OpenAI's tokenizer made them",
  },
];
