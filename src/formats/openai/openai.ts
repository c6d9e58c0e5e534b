import { CodecError } from "../../core/codec-error.ts";
import type { BodyChoice, BodyFormat, BodyFrame, Format } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import { openaiChat } from "./chat.ts";
import { openaiEmbeddings } from "./embeddings.ts";
import { parseHttpError } from "./line-error.ts";
import { requestLine } from "./request-line.ts";
import { openaiResponses } from "./responses.ts";
import { resultLine } from "./result-line.ts";

/** OpenAI's batch lines, with the bodies of its chat, responses and embeddings endpoints. */
export function createOpenAIFormat(): Format {
  return {
    name: "openai",
    requestLine,
    resultLine,
    parseCallError: (status, answer) => parseHttpError(answer, status),
    idRule: null,
    bodies: [chat, responses, embeddings],
    chooseBody,
  };
}

const frame: BodyFrame = { modelIn: "body", adds: {}, removes: [] };
const chat: BodyFormat = { kind: "chat", codec: openaiChat, frame };
const responses: BodyFormat = { kind: "chat", codec: openaiResponses, frame };
const embeddings: BodyFormat = { kind: "embeddings", codec: openaiEmbeddings, frame };

function chooseBody({ endpoint, sample }: BodyChoice): BodyFormat {
  const found = sample === null ? undefined : bodyOf(sample);
  switch (endpoint) {
    case "chat":
      return found ?? chat;
    case "responses":
      return found ?? responses;
    case "embeddings":
      return found ?? embeddings;
    default:
      throw new CodecError(
        "untranslatable",
        "url",
        `${endpoint} can only go to OpenAI as it is: /v1/chat/completions, /v1/responses and /v1/embeddings are translated`,
      );
  }
}

/** Answers name their type; of requests only a chat's `messages` are unmistakable. */
function bodyOf({ object, messages }: JsonObject): BodyFormat | undefined {
  if (object === "chat.completion" || Array.isArray(messages)) return chat;
  return object === "response" ? responses : undefined;
}
