import type { ChatRequest } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray } from "../fields.ts";
import { isFrom } from "./api-origin.ts";
import { writeSchema } from "./json-output.ts";
import { modelEfforts } from "./model-limits.ts";
import { withOwnExtras } from "./own-extras.ts";
import { writeEffort } from "./reasoning-effort.ts";
import { writeInput } from "./responses-input-writer.ts";
import { INCLUDE_LOGPROBS } from "./responses-request.ts";
import { writeResponsesTools } from "./responses-tool-writer.ts";
import { writeSampling } from "./sampling.ts";
import { writeServiceTier } from "./service-tier.ts";

/** A Responses request body: https://platform.openai.com/docs/api-reference/responses/create */
export function writeResponsesRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const sampling = writeSampling(request, context);
  const body = {
    model: context.model ?? undefined,
    ...writeInput(request, context),
    ...writeResponsesTools(request, context),
    text: writeText(request, context),
    reasoning: writeReasoning(request, context),
    max_output_tokens: writeMaxTokens(request, context),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_logprobs: sampling.logprobs === false ? undefined : sampling.topLogprobs,
    prompt_cache_key: request.promptCacheKey,
    user: request.user,
    metadata: request.metadata,
    store: writeStore(request),
    service_tier: writeServiceTier(request, context),
  };
  const written = withOwnExtras(body, request, NOT_IN_RESPONSES);
  const include = writeInclude(request, written["include"]);
  return include.length === 0 ? written : { ...written, include };
}

/** What only Chat Completions have, and what means nothing in a batch. */
export const NOT_IN_RESPONSES: ReadonlySet<string> = new Set([
  "stream",
  "stream_options",
  "modalities",
  "audio",
  "prediction",
  "web_search_options",
]);

function writeText(request: ChatRequest, context: WriteContext): JsonObject | undefined {
  const { responseFormat: format, verbosity } = request;
  if (format === undefined && verbosity === undefined) return undefined;
  if (format === undefined) return { verbosity };
  if (format.kind !== "json_schema") return { format: { type: format.kind }, verbosity };
  return {
    format: { type: "json_schema", ...writeSchema(format, request, context) },
    verbosity,
  };
}

function writeReasoning(request: ChatRequest, context: WriteContext): JsonObject | undefined {
  const effort = writeEffort(request, context);
  const summary = writeSummary(request, context);
  return effort === undefined && summary === undefined ? undefined : { effort, summary };
}

/** A summary is all of its thinking that OpenAI shows. */
function writeSummary(request: ChatRequest, context: WriteContext): string | undefined {
  const { reasoning, family } = request;
  if (family === "openai" || reasoning?.includeThoughts !== true) return reasoning?.summary;
  if (modelEfforts(context.model)?.length !== 0) return "auto";
  context.warn("reasoning", `${context.model ?? "the model"} doesn't reason`);
  return undefined;
}

function writeMaxTokens(request: ChatRequest, context: WriteContext): number | undefined {
  const { maxTokens, family } = request;
  if (maxTokens === undefined || maxTokens >= MIN_TOKENS || family === "openai") return maxTokens;
  context.warn("maxTokens", `the Responses API takes at least ${MIN_TOKENS}`);
  return MIN_TOKENS;
}

const MIN_TOKENS = 16;

/** Responses are stored unless told otherwise, which nobody who used another API has agreed to. */
function writeStore(request: ChatRequest): boolean | undefined {
  return request.store ?? (isFrom(request, "responses") ? undefined : false);
}

/** Logprobs are asked for here, beside what else the client has asked for. */
function writeInclude(request: ChatRequest, own: Json | undefined): readonly Json[] {
  const included = isJsonArray(own) ? own : [];
  return request.logprobs === true ? [...included, INCLUDE_LOGPROBS] : included;
}
