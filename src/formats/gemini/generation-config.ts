import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { readOptionalBoolean, toText } from "../fields.ts";
import { FORMAT_FIELDS, parseResponseFormat } from "./json-output.ts";
import {
  protoInteger,
  protoItems,
  protoNumber,
  protoObject,
  snakeCase,
  spelled,
} from "./proto-fields.ts";
import { parseThinking } from "./thinking.ts";

type Field =
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
  | "reasoning";

export type GenerationSettings = Pick<ChatRequest, Field>;

/** https://ai.google.dev/api/generate-content#generationconfig */
export function parseGenerationConfig(body: JsonObject, extras: Extra[]): GenerationSettings {
  const settings = emptySettings();
  const config = protoObject(body, "generationConfig", ROOT);
  if (config === undefined) return settings;
  const at = childPath(ROOT, spelled(body, "generationConfig"));
  // Few of its many fields are ever there, so these are looked at instead of all that might be.
  let hasFormat = false;
  for (const key in config) {
    const value = config[key];
    if (value === undefined || value === null) continue;
    const name = NAMES.get(key);
    if (name === undefined) {
      extras.push({ path: childPath(at, key), value, isEssential: ESSENTIAL.has(key) });
    } else if (name === "format") hasFormat = true;
    else addSetting(settings, name, { config, key, value, at, extras });
  }
  if (hasFormat) settings.responseFormat = parseResponseFormat(config, at, extras);
  return settings;
}

type Settings = { -readonly [Name in Field]: GenerationSettings[Name] };

/** All fields from the start, so that all requests have one shape. */
function emptySettings(): Settings {
  return {
    responseFormat: undefined,
    maxTokens: undefined,
    stop: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    seed: undefined,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    choiceCount: undefined,
    logprobs: undefined,
    topLogprobs: undefined,
    reasoning: undefined,
  };
}

const FIELDS = [
  "maxOutputTokens",
  "stopSequences",
  "temperature",
  "topP",
  "topK",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "candidateCount",
  "responseLogprobs",
  "logprobs",
  "thinkingConfig",
  "responseModalities",
] as const;

type ConfigField = (typeof FIELDS)[number];

/** In both spellings; those of the answer's format are read together. */
const NAMES: ReadonlyMap<string, ConfigField | "format"> = new Map([
  ...FIELDS.flatMap((field) => bothSpellings(field, field)),
  ...FORMAT_FIELDS.flatMap((field) => bothSpellings(field, "format")),
]);

function bothSpellings(
  field: string,
  name: ConfigField | "format",
): [string, ConfigField | "format"][] {
  return [
    [field, name],
    [snakeCase(field), name],
  ];
}

/** What asks for another kind of answer than text can't be left out. */
const ESSENTIAL: ReadonlySet<string> = new Set([
  "speechConfig",
  "speech_config",
  "imageConfig",
  "image_config",
]);

interface Entry {
  readonly config: JsonObject;
  readonly key: string;
  readonly value: Json;
  readonly at: JsonPath;
  readonly extras: Extra[];
}

function addSetting(settings: Settings, field: ConfigField, entry: Entry): void {
  const { config, key, at, extras } = entry;
  switch (field) {
    case "maxOutputTokens":
      settings.maxTokens = protoInteger(config, key, at);
      return;
    case "stopSequences":
      settings.stop = protoItems(config, key, at)?.map((item) => toText(item.value, item.at));
      return;
    case "temperature":
    case "topP":
    case "presencePenalty":
    case "frequencyPenalty":
      settings[field] = protoNumber(config, key, at);
      return;
    case "topK":
    case "seed":
      settings[field] = protoInteger(config, key, at);
      return;
    case "candidateCount":
      settings.choiceCount = protoInteger(config, key, at);
      return;
    case "responseLogprobs":
      settings.logprobs = readOptionalBoolean(config, key, at);
      return;
    case "logprobs":
      settings.topLogprobs = protoInteger(config, key, at);
      return;
    case "thinkingConfig":
      settings.reasoning = parseThinking(config, at, extras);
      return;
    case "responseModalities":
      keepModalities(entry);
  }
}

function keepModalities({ config, key, value, at, extras }: Entry): void {
  const items = protoItems(config, key, at) ?? [];
  const isText = (item: Json) => typeof item === "string" && item.toUpperCase() === "TEXT";
  if (items.every((item) => isText(item.value))) return;
  extras.push({ path: childPath(at, key), value, isEssential: true });
}
