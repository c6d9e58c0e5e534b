import { CodecError } from "../../core/codec-error.ts";
import type { BodyChoice, BodyFormat, BodyFrame, Format } from "../../core/format.ts";
import type { JsonObject } from "../../core/json.ts";
import { parseCallError } from "./call-error.ts";
import { geminiChat } from "./chat.ts";
import { geminiEmbeddings } from "./embeddings.ts";
import { isEmbedding, requestLine } from "./request-line.ts";
import { resultLine } from "./result-line.ts";

/** The lines of Google's batches, with the bodies of generateContent and embedContent. */
export function createGeminiFormat(): Format {
  return {
    name: "gemini",
    requestLine,
    resultLine,
    parseCallError,
    idRule: null,
    bodies: [chat, embeddings],
    chooseBody,
  };
}

/** The model stands in the URL. */
const frame: BodyFrame = { modelIn: "job", adds: {}, removes: [] };
const chat: BodyFormat = { kind: "chat", codec: geminiChat, frame };
const embeddings: BodyFormat = { kind: "embeddings", codec: geminiEmbeddings, frame };

function chooseBody({ endpoint, sample }: BodyChoice): BodyFormat {
  const found = sample === null ? undefined : bodyOf(sample);
  switch (endpoint) {
    case "chat":
    case "responses":
      return found ?? chat;
    case "embeddings":
      return found ?? embeddings;
    default:
      throw new CodecError(
        "untranslatable",
        "",
        `Gemini has no ${endpoint}: chat, responses and embeddings are translated`,
      );
  }
}

/** Of requests and of answers. */
function bodyOf(body: JsonObject): BodyFormat | undefined {
  const has = (key: string) => Object.hasOwn(body, key);
  if (has("contents") || has("candidates")) return chat;
  return isEmbedding(body) || has("embedding") || has("embeddings") ? embeddings : undefined;
}
