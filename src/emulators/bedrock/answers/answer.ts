import type { JsonObject } from "../../json.ts";
import type { Family } from "../models.ts";
import { answerChat } from "./chat.ts";
import { answerClaude } from "./claude.ts";
import { answerConverse } from "./converse.ts";
import { answerCohereEmbed, answerTitanEmbed } from "./embed.ts";
import { answerLlama } from "./llama.ts";
import { answerMistral } from "./mistral.ts";
import { answerNova } from "./nova.ts";
import type { Answer, Asked } from "./reply.ts";
import { answerTitan } from "./titan.ts";

const FAMILIES: Readonly<Record<Family, (body: JsonObject, asked: Asked) => Answer>> = {
  claude: answerClaude,
  nova: answerNova,
  llama: answerLlama,
  mistral: answerMistral,
  titan: answerTitan,
  chat: answerChat,
  "titan-embed-v1": answerTitanEmbed,
  "titan-embed-v2": answerTitanEmbed,
  "cohere-embed-v3": answerCohereEmbed,
  "cohere-embed-v4": answerCohereEmbed,
};

/** Checks a body and answers it as its model would. */
export function answer(body: JsonObject, asked: Asked): Answer {
  if (asked.api === "converse") return answerConverse(body, asked);
  return FAMILIES[asked.model.family](body, asked);
}
