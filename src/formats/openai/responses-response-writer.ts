import type { ChatResponse, Finish } from "../../core/chat-response.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isAnswerOf } from "./api-origin.ts";
import { withOwnExtras } from "./own-extras.ts";
import { writeOutput } from "./responses-output-writer.ts";
import { writeResponseUsage } from "./usage.ts";

/** A response: https://platform.openai.com/docs/api-reference/responses/object */
export function writeResponsesResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const isOwn = response.family === "openai";
  const [choice] = response.choices;
  if (response.choices.length > 1) context.warn("choiceCount", "a response has one answer");
  const finish = choice?.finish ?? NO_FINISH;
  const body = {
    ...writeHead(response, context),
    ...writeStatus(finish, isOwn),
    output: choice === undefined ? [] : writeOutput(choice, response.family, context),
    usage: response.usage === null ? undefined : writeResponseUsage(response.usage),
    service_tier: isOwn ? response.serviceTier : undefined,
    ...UNKNOWN_SETTINGS,
  };
  return isAnswerOf(response, "responses") ? withOwnExtras(body, response, NO_FIELDS) : body;
}

/** What is known of a response before there is anything in it. */
export function writeHead(
  { id, createdAtSeconds, model }: Pick<ChatResponse, "id" | "createdAtSeconds" | "model">,
  context: WriteContext,
) {
  return {
    id: id ?? context.newId("resp_"),
    object: "response",
    created_at: createdAtSeconds ?? context.nowSeconds(),
    error: null,
    model: model ?? context.model ?? "",
  };
}

const NO_FINISH: Finish = { reason: "other", native: null };

/** A response repeats the settings of its request, which aren't known where another API answered. */
export const UNKNOWN_SETTINGS = {
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: "auto",
  tools: [],
  top_p: null,
} as const;

const NO_FIELDS: ReadonlySet<string> = new Set();

interface Status extends JsonObject {
  readonly status: "completed" | "incomplete";
}

export function writeStatus(finish: Finish, isOwn: boolean): Status {
  switch (finish.reason) {
    case "length":
    case "context_window":
      return incomplete("max_output_tokens");
    case "content_filter":
      return incomplete("content_filter");
    case "refusal":
      // OpenAI's own refusals are whole answers.
      return isOwn ? COMPLETED : incomplete("content_filter");
    // A state of this API's own that the hub has no word for is an extra.
    case "other":
    case "stop":
    case "stop_sequence":
    case "tool_calls":
    case "pause":
    case "malformed_tool_call":
      return COMPLETED;
  }
}

const COMPLETED = { status: "completed", incomplete_details: null } as const;

function incomplete(reason: string): Status {
  return { status: "incomplete", incomplete_details: { reason } };
}
