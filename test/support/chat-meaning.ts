import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import type { ChatKind } from "./chat-fixtures.ts";

/**
 * A body without the freedom that its API leaves: a text is as good as a list of one text, null as leaving out, a default
 * as not saying it. Two bodies of one accent that are equal then ask or answer the same.
 */
export function meaningOf(accent: string, kind: ChatKind, body: JsonObject): JsonObject {
  const rules = RULES[SAME_BODY[accent] ?? accent];
  if (rules === undefined) throw new Error(`nobody knows what is alike in ${accent}`);
  const prepared = kind === "request" ? (rules.prepare?.(body) ?? body) : body;
  return rewrite(prepared, (value, key) => rules[kind](value, key));
}

/** What only tells where and when an answer was made, or at what price: another API has its own. */
export function withoutOrigin(accent: string, answer: JsonObject): JsonObject {
  const { origin } = RULES[SAME_BODY[accent] ?? accent] ?? { origin: [] };
  const { usage, ...rest } = without(answer, origin);
  return isJsonObject(usage) ? { ...rest, usage: without(usage, origin) } : rest;
}

const SAME_BODY: Readonly<Record<string, string>> = {
  "bedrock-claude": "anthropic",
  "bedrock-openai": "openai",
  "bedrock-nova": "bedrock",
  "bedrock-mistral-chat": "openai",
};

/** What a member comes to, its own members done before; undefined: it says nothing. */
type Rule = (value: Json, key: string) => Json | undefined;

interface Rules {
  prepare?(body: JsonObject): JsonObject;
  readonly request: Rule;
  readonly response: Rule;
  readonly origin: readonly string[];
}

const openaiRule: Rule = (value, key) => {
  if (key === "content" && typeof value === "string") return [{ type: "text", text: value }];
  if (key === "arguments") return parsed(value);
  if (key === "stop" && typeof value === "string") return [value];
  if (key === "parameters") return isEmptySchema(value) ? undefined : value;
  if (key === "strict" && value === false) return undefined;
  if (key === "detail" && value === "auto") return undefined;
  if (key === "store" && value === false) return undefined;
  return value;
};

const responsesRule: Rule = (value, key) => {
  if ((key === "content" || key === "output") && typeof value === "string") {
    return [{ type: "text", text: value }];
  }
  if (key === "type" && (value === "input_text" || value === "output_text")) return "text";
  if (key === "type" && value === "message") return undefined;
  if (key === "arguments") return parsed(value);
  if (key === "parameters") return isEmptySchema(value) ? undefined : value;
  if (key === "detail" && value === "auto") return undefined;
  if (key === "annotations" || key === "logprobs") return isEmpty(value) ? undefined : value;
  if (key === "input" || key === "output") return withoutItemIds(value);
  return value;
};

const anthropicRule: Rule = (value, key) => {
  if ((key === "content" || key === "system") && typeof value === "string") {
    return [{ type: "text", text: value }];
  }
  if ((key === "is_error" || key === "strict") && value === false) return undefined;
  if (key === "caller" && isJsonObject(value) && value["type"] === "direct") return undefined;
  if (key === "system") return joinTexts(value);
  return value;
};

const geminiRule: Rule = (value, key) => {
  if (key === "parameters" || key === "responseSchema") return plainSchema(value);
  if (key === "systemInstruction" && isJsonObject(value)) {
    return { parts: joinTexts(value["parts"] ?? null) };
  }
  if (key === "store" && value === false) return undefined;
  return value;
};

/** Google leaves out counts of nothing, and a content in which nothing is said. */
const geminiAnswerRule: Rule = (value, key) => {
  if (key.endsWith("TokenCount") && value === 0) return undefined;
  if (key === "parts" && isEmpty(value)) return undefined;
  if (key === "content" && isJsonObject(value) && !("parts" in value)) return undefined;
  return value;
};

const converseRule: Rule = (value, key) => {
  if (key === "status" && value === "success") return undefined;
  if (key === "strict" && value === false) return undefined;
  if (key === "system") return joinTexts(value);
  if (key === "schema" && typeof value === "string") return parsed(value);
  return value;
};

const converseAnswerRule: Rule = (value, key) => {
  const isCount = key === "cacheReadInputTokens" || key === "cacheWriteInputTokens";
  return isCount && value === 0 ? undefined : converseRule(value, key);
};

/** In answers a text without characters says nothing, nor does a detail of which there was none. */
function answer(rule: Rule): Rule {
  return (value, key) => {
    if (["annotations", "tool_calls", "refusal"].includes(key) && isEmpty(value)) return undefined;
    if (key === "content" && value === "") return undefined;
    if (key.endsWith("_details") && isJsonObject(value)) {
      const known = Object.entries(value).filter(([, count]) => count !== 0);
      return known.length === 0 ? undefined : Object.fromEntries(known);
    }
    const rewritten = rule(value, key);
    return key === "content" && isEmpty(rewritten) ? undefined : rewritten;
  };
}

/** A response repeats what was asked for; only the answer counts. */
const ECHOES = [
  "instructions",
  "metadata",
  "parallel_tool_calls",
  "temperature",
  "tool_choice",
  "tools",
  "top_p",
];

const PLAIN: Rules = { request: (value) => value, response: (value) => value, origin: [] };

const RULES: Readonly<Record<string, Rules>> = {
  openai: {
    request: openaiRule,
    response: answer(openaiRule),
    origin: ["id", "created", "system_fingerprint", "service_tier"],
  },
  "openai-responses": {
    prepare: ({ instructions, input, ...rest }) => ({
      ...rest,
      input: [
        ...(typeof instructions === "string" ? [{ role: "system", content: instructions }] : []),
        ...(Array.isArray(input) ? input : [{ role: "user", content: input ?? null }]),
      ],
    }),
    request: responsesRule,
    response: answer(responsesRule),
    origin: ["id", "created_at", "completed_at", "service_tier", ...ECHOES],
  },
  anthropic: {
    request: anthropicRule,
    response: answer(anthropicRule),
    origin: ["id", "service_tier", "inference_geo", "cache_creation"],
  },
  gemini: {
    request: geminiRule,
    response: geminiAnswerRule,
    origin: ["responseId", "createTime"],
  },
  bedrock: { request: converseRule, response: answer(converseAnswerRule), origin: ["metrics"] },
  "bedrock-llama": PLAIN,
  "bedrock-mistral": PLAIN,
  "bedrock-titan": PLAIN,
};

/** JSON of users, in which even null means something. */
const OPAQUE = new Set([
  "input_schema",
  "parameters",
  "schema",
  "args",
  "json",
  "inputSchema",
  "responseSchema",
]);

function rewrite(object: JsonObject, rule: Rule): JsonObject {
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(object)) {
    const inner =
      value === undefined || value === null ? undefined : rewriteInside(value, key, rule);
    const said = inner === undefined ? undefined : rule(inner, key);
    if (said !== undefined) entries.push([key, said]);
  }
  return Object.fromEntries(entries);
}

function rewriteInside(value: Json, key: string, rule: Rule): Json {
  if (OPAQUE.has(key)) return value;
  if (isJsonObject(value)) return rewrite(value, rule);
  if (!isList(value)) return value;
  return value.map((item) => rewriteInside(item, key, rule));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isEmpty(value: Json | undefined): boolean {
  if (isList(value)) return value.every((item) => isJsonObject(item) && item["text"] === "");
  return value === "" || value === undefined;
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function parsed(value: Json): Json {
  if (typeof value !== "string") return value;
  if (value === "") return {};
  try {
    const json: Json = JSON.parse(value);
    return json;
  } catch {
    return value;
  }
}

function isEmptySchema(value: Json): boolean {
  if (!isJsonObject(value) || value["type"] !== "object") return false;
  const { properties = {} } = value;
  return isJsonObject(properties) && Object.keys(properties).length === 0;
}

/** Without ids of items, which nobody refers to (`call_id` stays), and messages without a word. */
function withoutItemIds(value: Json): Json {
  if (!isList(value)) return value;
  return value.flatMap((item): readonly Json[] => {
    if (!isJsonObject(item)) return [item];
    if (item["role"] === "assistant" && item["content"] === undefined) return [];
    const isCallOrMessage = "role" in item || item["type"] === "function_call";
    return [isCallOrMessage ? without(item, ["id", "status"]) : item];
  });
}

/** Instructions in several texts are as good as in one, unless something is marked to be cached. */
function joinTexts(value: Json): Json {
  if (!isList(value)) return value;
  const texts = value.map((block) =>
    isJsonObject(block) && !("cache_control" in block) ? block["text"] : undefined,
  );
  const isPlain = texts.every((text) => typeof text === "string");
  const [first] = value;
  return isPlain && isJsonObject(first) ? [{ ...first, text: texts.join("\n") }] : value;
}

/** Google's 64-bit integers are texts or numbers, and an order may be said of properties that are in it already. */
function plainSchema(value: Json): Json {
  if (isList(value)) return value.map(plainSchema);
  if (!isJsonObject(value)) return value;
  const { propertyOrdering: order, ...schema } = value;
  const names = isJsonObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const isSaid = order !== undefined && JSON.stringify(order) !== JSON.stringify(names);
  return Object.fromEntries(
    Object.entries(isSaid ? value : schema).map(([key, item]) => {
      const isLength = /^(min|max)(Items|Length|Properties)$/.test(key);
      return [key, isLength ? Number(item) : plainSchema(item ?? null)];
    }),
  );
}
