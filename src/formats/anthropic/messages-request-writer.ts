import type { ChatRequest } from "../../core/chat-request.ts";
import type { TextPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toConversation } from "../turns.ts";
import { createCacheWriter, writeCache } from "./cache-breakpoints.ts";
import { describeClaude } from "./claude-models.ts";
import { writeMessages, writeSystem } from "./messages-writer.ts";
import { JSON_INSTRUCTION, type OutputPlan, planOutput } from "./output-plan.ts";
import { ownExtrasOf, type OwnExtras, withMembers } from "./own-extras.ts";
import { continuesUnthought, isPrefilled, refusePrefill } from "./prefill.ts";
import { writeSampling } from "./sampling-writer.ts";
import { placeSystemTurns } from "./system-turns.ts";
import { planThinking } from "./thinking-plan.ts";
import { planTools } from "./tools-writer.ts";
import type { WriteScope } from "./write-scope.ts";

/** A Messages request body: https://platform.claude.com/docs/en/api/messages/create */
export function writeMessagesRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const model = describeClaude(context.model);
  const own = ownExtrasOf(request);
  const writeCacheOf = createCacheWriter(request.cache !== undefined, context);
  const scope: WriteScope = { context, model, writeCacheOf, own };
  const conversation = placeSystemTurns(
    toConversation(request.messages, { keepsSystemInPlace: model.systemInPlace, context }),
  );
  const isContinued = isPrefilled(request, conversation);
  if (isContinued && !model.prefill) throw refusePrefill(conversation, context);
  const output = planOutput(request, model, context);
  const { tools, choice, isForced } = planTools(request, output, scope);
  const needs = {
    isToolForced: isForced,
    isPrefilled: isContinued,
    continuesUnthought: continuesUnthought(conversation),
  };
  const { thinking, effort, isOn, maxTokens } = planThinking({ request, model, needs, context });
  const sampling = writeSampling(request, { model, isThinking: isOn }, context);
  const system = withInstruction(conversation.system, output);
  const body: JsonObject = {
    model: context.model ?? undefined,
    max_tokens: maxTokens,
    // Before the messages, since breakpoints are counted in this order.
    tools,
    system: writeSystem(system, request.family === "anthropic", scope),
    messages: writeMessages(conversation, scope),
    tool_choice: choice,
    thinking,
    output_config: writeOutputConfig(output, effort),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    stop_sequences: writeStop(request, context),
    cache_control: writeCache(request.cache),
    metadata: writeMetadata(request, context),
    service_tier: writeServiceTier(request, context),
  };
  return own === null ? body : withOwnExtras(body, own);
}

function withInstruction(system: readonly TextPart[], output: OutputPlan): readonly TextPart[] {
  if (output.kind !== "instruction") return system;
  return [...system, { kind: "text", text: JSON_INSTRUCTION, at: ROOT }];
}

function writeOutputConfig(output: OutputPlan, effort: string | undefined): JsonObject | undefined {
  if (output.kind !== "schema") return effort === undefined ? undefined : { effort };
  return { effort, format: { type: "json_schema", schema: output.schema } };
}

function writeStop(request: ChatRequest, context: WriteContext): readonly string[] | undefined {
  const { stop } = request;
  if (stop === undefined || stop.length === 0) return undefined;
  const said = stop.filter((text) => text.trim() !== "");
  if (said.length < stop.length) {
    context.warn("stop", "Anthropic's stops can't be white space alone");
  }
  return said.length === 0 ? undefined : said;
}

function writeMetadata(request: ChatRequest, context: WriteContext): JsonObject | undefined {
  const { user } = request;
  if (user === undefined) return undefined;
  if (user.length <= MAX_USER_LENGTH) return { user_id: user };
  context.warn("user", `Anthropic takes at most ${MAX_USER_LENGTH} characters`);
  return undefined;
}

const MAX_USER_LENGTH = 512;

/** Batches have a price of their own, so another family's word for it only counts in single calls. */
function writeServiceTier(request: ChatRequest, context: WriteContext): string | undefined {
  const { serviceTier, family } = request;
  if (serviceTier === undefined || family === "anthropic") return serviceTier;
  if (context.isBatch) return undefined;
  const tier = TIERS.get(serviceTier.toLowerCase());
  if (tier === undefined) context.warn("serviceTier", "Anthropic has auto and standard only");
  return tier;
}

const TIERS: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
  ["standard", "standard_only"],
  ["standard_only", "standard_only"],
]);

function withOwnExtras(body: JsonObject, own: OwnExtras): JsonObject {
  const entries = Object.entries(body);
  for (const [key, members] of own.inTop) {
    const value = body[key];
    entries.push([key, withMembers(isJsonObject(value) ? value : {}, members)]);
  }
  return withMembers(Object.fromEntries(entries), own.top);
}
