import type { ChatRequest, Extra, Reasoning, ReasoningEffort } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { invalid } from "../fields.ts";
import { type ThinkingControl, thinkingControl } from "./models.ts";
import {
  createProtoExtrasReader,
  protoFlag,
  protoInteger,
  protoObject,
  protoText,
  spelled,
} from "./proto-fields.ts";

/** `thinkingConfig`: https://ai.google.dev/gemini-api/docs/thinking */
export function parseThinking(
  generation: JsonObject,
  generationAt: JsonPath,
  extras: Extra[],
): Reasoning | undefined {
  const config = protoObject(generation, "thinkingConfig", generationAt);
  if (config === undefined) return undefined;
  const at = childPath(generationAt, spelled(generation, "thinkingConfig"));
  readExtras(config, at, extras);
  const effort = parseLevel(config, at);
  const thinking = parseBudget(config, at);
  const includeThoughts = protoFlag(config, "includeThoughts", at);
  if (effort === undefined && thinking === undefined && includeThoughts === undefined) {
    return undefined;
  }
  return { effort, thinking, includeThoughts };
}

const readExtras = createProtoExtrasReader("includeThoughts thinkingBudget thinkingLevel");

function parseLevel(config: JsonObject, at: JsonPath): ReasoningEffort | undefined {
  const level = protoText(config, "thinkingLevel", at)?.toLowerCase();
  if (level === undefined || level === "thinking_level_unspecified") return undefined;
  const effort = LEVELS.find((candidate) => candidate === level);
  if (effort !== undefined) return effort;
  const key = spelled(config, "thinkingLevel");
  throw invalid(at, key, `must be one of ${LEVELS.join(", ").toUpperCase()}`);
}

const LEVELS = ["minimal", "low", "medium", "high"] as const;

function parseBudget(config: JsonObject, at: JsonPath): Reasoning["thinking"] {
  const tokens = protoInteger(config, "thinkingBudget", at);
  if (tokens === undefined) return undefined;
  if (tokens === 0) return { kind: "off" };
  return tokens < 0 ? { kind: "adaptive" } : { kind: "budget", tokens };
}

export function writeThinking(request: ChatRequest, context: WriteContext): JsonObject | undefined {
  const { reasoning, family } = request;
  if (reasoning === undefined) return undefined;
  if (family === "gemini") return writeOwn(reasoning);
  const control = thinkingControl(context.model);
  const includeThoughts =
    reasoning.includeThoughts ?? (reasoning.summary === undefined ? undefined : true);
  const wanted = wantedOf(reasoning);
  if (control.kind === "none") {
    const isAsked = includeThoughts === true || (wanted !== "none" && wanted !== undefined);
    if (isAsked) context.warn("reasoning", `${context.model ?? "the model"} doesn't think`);
    return undefined;
  }
  const config =
    control.kind === "level"
      ? { thinkingLevel: writeLevel(wanted, control, context), includeThoughts }
      : { thinkingBudget: writeBudget(wanted, control, context), includeThoughts };
  return Object.values(config).every((value) => value === undefined) ? undefined : config;
}

function writeOwn({ effort, thinking, includeThoughts }: Reasoning): JsonObject {
  return {
    includeThoughts,
    thinkingBudget: thinking === undefined ? undefined : budgetOf(thinking),
    thinkingLevel: effort?.toUpperCase(),
  };
}

function budgetOf(thinking: NonNullable<Reasoning["thinking"]>): number {
  if (thinking.kind === "budget") return thinking.tokens;
  return thinking.kind === "off" ? 0 : -1;
}

type Wanted = ReasoningEffort | number | "adaptive" | undefined;

/** Tokens are the most exact that a client can say; where the model decides for itself, an effort bounds it. */
function wantedOf({ effort, thinking }: Reasoning): Wanted {
  if (thinking?.kind === "off") return "none";
  if (thinking?.kind === "budget") return thinking.tokens === 0 ? "none" : thinking.tokens;
  return effort ?? thinking?.kind;
}

/** Gemini 3: wire.md F.6. Thinking can't be switched off there. */
function writeLevel(
  wanted: Wanted,
  { lowest }: ThinkingControl & { readonly kind: "level" },
  context: WriteContext,
): string | undefined {
  if (wanted === undefined || wanted === "adaptive") return undefined;
  const effort = typeof wanted === "number" ? effortOf(wanted) : wanted;
  const level = levelOf(effort, lowest);
  if (level !== effort) {
    const model = context.model ?? "the model";
    context.warn("reasoning", `${model} has no effort "${effort}", so "${level}" stands for it`);
  }
  return level.toUpperCase();
}

/** The budgets that gateways give Claude for an effort (wire.md F.6). */
function effortOf(tokens: number): ReasoningEffort {
  if (tokens <= 1024) return "low";
  return tokens <= 2048 ? "medium" : "high";
}

function levelOf(effort: ReasoningEffort, lowest: "minimal" | "low"): (typeof LEVELS)[number] {
  switch (effort) {
    case "none":
    case "minimal":
      return lowest;
    case "xhigh":
    case "max":
      return "high";
    case "low":
    case "medium":
    case "high":
      return effort;
  }
}

/** Gemini 2.5, in the numbers of Google's own layer for OpenAI's clients: wire.md F.6. */
function writeBudget(
  wanted: Wanted,
  { min, max, canBeOff }: ThinkingControl & { readonly kind: "budget" },
  context: WriteContext,
): number | undefined {
  const model = context.model ?? "the model";
  if (wanted === undefined) return undefined;
  if (wanted === "adaptive") return -1;
  if (wanted === "none") {
    if (canBeOff) return 0;
    context.warn("reasoning", `${model} always thinks, so it gets ${min} tokens for it`);
    return min;
  }
  if (typeof wanted === "string") return Math.min(BUDGETS[wanted], max);
  const tokens = Math.min(Math.max(wanted, min), max);
  if (tokens !== wanted) context.warn("reasoning", `${model} thinks ${min} to ${max} tokens long`);
  return tokens;
}

const BUDGETS: Readonly<Record<Exclude<ReasoningEffort, "none">, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: Infinity,
  max: Infinity,
};
