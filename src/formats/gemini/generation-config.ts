import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { toText } from "../fields.ts";
import { JSON_OUTPUT_FIELDS, parseResponseFormat } from "./json-output.ts";
import {
  createProtoExtrasReader,
  protoFlag,
  protoInteger,
  protoItems,
  protoNumber,
  protoObject,
  spelled,
} from "./proto-fields.ts";
import { parseThinking } from "./thinking.ts";

export type GenerationSettings = Pick<
  ChatRequest,
  | "responseFormat"
  | "maxTokens"
  | "stop"
  | "temperature"
  | "topP"
  | "topK"
  | "seed"
  | "presencePenalty"
  | "frequencyPenalty"
  | "choiceCount"
  | "logprobs"
  | "topLogprobs"
  | "reasoning"
>;

/** https://ai.google.dev/api/generate-content#generationconfig */
export function parseGenerationConfig(body: JsonObject, extras: Extra[]): GenerationSettings {
  const config = protoObject(body, "generationConfig", ROOT);
  if (config === undefined) return {};
  const at = childPath(ROOT, spelled(body, "generationConfig"));
  readExtras(config, at, extras);
  readModalities(config, at, extras);
  return {
    responseFormat: parseResponseFormat(config, at, extras),
    maxTokens: protoInteger(config, "maxOutputTokens", at),
    stop: protoItems(config, "stopSequences", at)?.map((item) => toText(item.value, item.at)),
    temperature: protoNumber(config, "temperature", at),
    topP: protoNumber(config, "topP", at),
    topK: protoInteger(config, "topK", at),
    seed: protoInteger(config, "seed", at),
    presencePenalty: protoNumber(config, "presencePenalty", at),
    frequencyPenalty: protoNumber(config, "frequencyPenalty", at),
    choiceCount: protoInteger(config, "candidateCount", at),
    logprobs: protoFlag(config, "responseLogprobs", at),
    topLogprobs: protoInteger(config, "logprobs", at),
    reasoning: parseThinking(config, at, extras),
  };
}

/** What asks for another kind of answer than text can't be left out. */
const readExtras = createProtoExtrasReader(
  `maxOutputTokens stopSequences temperature topP topK seed presencePenalty
  frequencyPenalty candidateCount responseLogprobs logprobs thinkingConfig
  responseModalities ${JSON_OUTPUT_FIELDS}`,
  "speechConfig imageConfig",
);

function readModalities(config: JsonObject, at: JsonPath, extras: Extra[]): void {
  const items = protoItems(config, "responseModalities", at) ?? [];
  const isText = (value: unknown) => typeof value === "string" && value.toUpperCase() === "TEXT";
  if (items.every(({ value }) => isText(value))) return;
  const key = spelled(config, "responseModalities");
  const value = config[key];
  if (value !== undefined) extras.push({ path: childPath(at, key), value, isEssential: true });
}
