import type { BodyFormat, BodyFrame, ChatCodec, EmbeddingCodec } from "../../core/format.ts";
import { cohereEmbedV3, cohereEmbedV4 } from "./cohere-embed.ts";
import { createConverse } from "./converse.ts";
import { llama, llama4 } from "./llama.ts";
import { createMistralChat } from "./mistral-chat.ts";
import { mistral } from "./mistral.ts";
import type { ModelFamily } from "./model-family.ts";
import { nova } from "./nova.ts";
import { titanEmbedV1, titanEmbedV2 } from "./titan-embed.ts";
import { titan } from "./titan.ts";

/** Codecs of other families, whose bodies Bedrock takes too. */
export interface ForeignCodecs {
  readonly claude: ChatCodec;
  readonly openaiChat: ChatCodec;
}

export interface BedrockBodies {
  readonly converse: BodyFormat;
  readonly families: Readonly<Record<ModelFamily, BodyFormat>>;
}

export function createBodies({ claude, openaiChat }: ForeignCodecs): BedrockBodies {
  const chat = (codec: ChatCodec, frame: Partial<BodyFrame> = {}) =>
    ({ kind: "chat", codec, frame: { ...FRAME, ...frame } }) as const;
  const embeddings = (codec: EmbeddingCodec) =>
    ({ kind: "embeddings", codec, frame: FRAME }) as const;
  return {
    converse: chat(createConverse(claude)),
    families: {
      claude: chat(claude, {
        adds: { anthropic_version: "bedrock-2023-05-31" },
        betasIn: "anthropic_beta",
        removes: ["stream"],
      }),
      nova: chat(nova, { adds: { schemaVersion: "messages-v1" } }),
      llama: chat(llama),
      llama4: chat(llama4),
      mistral: chat(mistral),
      mistral_chat: chat(createMistralChat(openaiChat)),
      titan: chat(titan),
      openai: chat(openaiChat, { removes: ["stream", "stream_options"] }),
      titan_embed_v1: embeddings(titanEmbedV1),
      titan_embed_v2: embeddings(titanEmbedV2),
      cohere_embed_v3: embeddings(cohereEmbedV3),
      cohere_embed_v4: embeddings(cohereEmbedV4),
    },
  };
}

/** The job names the model, and records that do are refused. */
const FRAME: BodyFrame = { modelIn: "job", adds: {}, removes: ["modelId"] };
