import { ApiError } from "../api-error.ts";
import type { JsonObject } from "../../json.ts";
import type { ModelTable } from "../models.ts";
import { answerChat } from "./chat.ts";
import { answerCompletion } from "./completion.ts";
import { answerEmbedding } from "./embedding.ts";
import { answerModeration } from "./moderation.ts";
import { answerResponse } from "./response.ts";

/** What an answer depends on beside the request's body. */
export interface AnswerContext {
  readonly models: ModelTable;
  /** Unix seconds. */
  readonly now: number;
  /** At least so long is every text, so that a bench can have large results. */
  readonly minCharacters: number;
  readonly hasFile: (id: string) => boolean;
}

export type Answer = (body: JsonObject, context: AnswerContext) => JsonObject;

/** Every endpoint that a batch may name. */
const ENDPOINTS: Readonly<Record<string, Answer>> = {
  "/v1/responses": answerResponse,
  "/v1/chat/completions": answerChat,
  "/v1/embeddings": answerEmbedding,
  "/v1/completions": answerCompletion,
  "/v1/moderations": answerModeration,
  "/v1/images/generations": refuse,
  "/v1/images/edits": refuse,
  "/v1/videos": refuse,
};

export const BATCH_ENDPOINTS: readonly string[] = Object.keys(ENDPOINTS);

export function answerOf(endpoint: string): Answer {
  return ENDPOINTS[endpoint] ?? refuse;
}

function refuse(): never {
  throw new ApiError(400, "The emulator makes no images and no videos.", { code: "unsupported" });
}
