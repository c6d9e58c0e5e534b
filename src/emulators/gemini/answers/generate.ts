import type { Json, JsonObject } from "../json.ts";
import { isJsonObject, numberOf, objectOf, objectsOf, stringsOf, textOf } from "../json.ts";
import type { ModelInfo } from "../models.ts";
import { callingOf, declarationsOf } from "./function-rules.ts";
import { checkGenerate, jsonSchemaOf } from "./generate-rules.ts";
import type { Dice } from "../../dice.ts";
import { createDice } from "../../dice.ts";
import { countTokens, endText, replyText, tokensOf } from "./reply-text.ts";
import { sampleOf } from "./schema-sample.ts";

/** What an answer depends on beside the request. */
export interface AnswerContext {
  readonly model: ModelInfo;
  /** A batch handles JSON Schemas badly. */
  readonly inBatch: boolean;
  /** At least so long is every text, so that a bench can have large results. */
  readonly minCharacters: number;
  /** Throws where a request names a file that the key can't read. */
  readonly requireFile: (uri: string) => void;
}

/** A GenerateContentResponse. The request has been read by its message before. */
export function generate(request: JsonObject, context: AnswerContext): JsonObject {
  const { model } = context;
  checkGenerate(request, model);
  checkFiles(request, context);
  const config = objectOf(request["generationConfig"]);
  const seed = `${model.name}:${JSON.stringify(request)}`;
  const thoughts = thinkingTokens(config);
  const count = numberOf(config["candidateCount"], 1);
  const candidates = Array.from({ length: count }, (_, index) =>
    answer(request, { index, dice: createDice(`${index}:${seed}`), thoughts, context }),
  );
  const dice = createDice(seed);
  return {
    candidates: candidates.map((candidate) => candidate.body),
    usageMetadata: usageOf(request, candidates, thoughts),
    modelVersion: model.name.replace(/^\w+\//, ""),
    responseId: Array.from({ length: 22 }, () => dice.roll(36).toString(36)).join(""),
  };
}

interface Candidate {
  readonly body: JsonObject;
  readonly tokens: number;
}

interface Place {
  readonly index: number;
  readonly dice: Dice;
  readonly thoughts: number;
  readonly context: AnswerContext;
}

function answer(request: JsonObject, place: Place): Candidate {
  const config = objectOf(request["generationConfig"]);
  const { index, thoughts } = place;
  const called = calledFunction(request);
  if (called !== null) return callFunction(called, config, place);
  // Thinking counts too: with too little room nothing is left to say, and then there are no parts at all.
  const room = numberOf(config["maxOutputTokens"], Number.POSITIVE_INFINITY) - thoughts;
  const whole = textFor(request, config, place);
  const ended = endText(whole, stringsOf(config["stopSequences"]), room);
  const parts: JsonObject[] = [...shownThoughts(config, place)];
  if (ended.text !== "") parts.push({ text: ended.text });
  const body = {
    content: { ...(parts.length === 0 ? {} : { parts }), role: "model" },
    finishReason: ended.reason,
    index,
    ...(config["responseLogprobs"] === true ? logprobsOf(ended.text, config, place.dice) : {}),
  };
  return { body, tokens: countTokens(ended.text) };
}

function textFor(request: JsonObject, config: JsonObject, place: Place): string {
  const { dice, context } = place;
  const { responseSchema, responseMimeType } = config;
  const question = lastQuestion(request);
  const jsonSchema = jsonSchemaOf(config);
  if (jsonSchema !== undefined) {
    // Reported of the live API: no error, and JSON that has nothing to do with the schema.
    return context.inBatch ? '[{"":null}]' : JSON.stringify(sampleOf(jsonSchema, dice));
  }
  if (responseSchema !== undefined) {
    const value = sampleOf(responseSchema, dice);
    return responseMimeType === "text/x.enum" ? textOf(value) : JSON.stringify(value);
  }
  if (responseMimeType === "application/json") {
    return JSON.stringify({ question: question.slice(0, 60), answer: dice.roll(100) });
  }
  return replyText(question, dice, context.minCharacters);
}

/** A function is called only where the request leaves no choice, so that a test knows what it gets. */
function calledFunction(request: JsonObject): JsonObject | null {
  const { mode, allowedFunctionNames } = callingOf(request);
  if (mode !== "ANY") return null;
  const allowed = stringsOf(allowedFunctionNames);
  const declared = declarationsOf(request);
  const chosen = declared.find(
    (one) => allowed.length === 0 || allowed.includes(textOf(one["name"])),
  );
  return chosen ?? null;
}

function callFunction(declaration: JsonObject, config: JsonObject, place: Place): Candidate {
  const { index, dice, context } = place;
  const schema = declaration["parameters"] ?? declaration["parametersJsonSchema"];
  const sampled = schema === undefined ? {} : sampleOf(schema, dice);
  const args = isJsonObject(sampled) ? sampled : {};
  // Older models give their calls no ids.
  const isNew = context.model.thinking === "level";
  const id = `call_${dice.roll(2 ** 31).toString(36)}`;
  const functionCall = { ...(isNew ? { id } : {}), name: declaration["name"] ?? "", args };
  const thoughtSignature = Buffer.from(`signature of ${id}`).toString("base64");
  const part = { functionCall, ...(isNew ? { thoughtSignature } : {}) };
  const parts = [...shownThoughts(config, place), part];
  return {
    body: { content: { parts, role: "model" }, finishReason: "STOP", index },
    tokens: countTokens(JSON.stringify(args)) + 8,
  };
}

function shownThoughts(config: JsonObject, place: Place): readonly JsonObject[] {
  const isShown = objectOf(config["thinkingConfig"])["includeThoughts"] === true;
  if (!isShown || place.thoughts === 0) return [];
  return [
    { text: `**Weighing it**\n\nThis takes ${place.dice.roll(9) + 2} steps.`, thought: true },
  ];
}

const TOKENS_BY_LEVEL: Readonly<Record<string, number>> = {
  MINIMAL: 16,
  LOW: 64,
  MEDIUM: 192,
  HIGH: 512,
};
const USUAL_TOKENS = 128;

/** The emulator thinks only where the request says so. */
function thinkingTokens(config: JsonObject): number {
  const thinking = config["thinkingConfig"];
  if (!isJsonObject(thinking)) return 0;
  const level = TOKENS_BY_LEVEL[textOf(thinking["thinkingLevel"])];
  if (level !== undefined) return level;
  const budget = numberOf(thinking["thinkingBudget"], -1);
  return budget < 0 ? USUAL_TOKENS : Math.min(budget, 512);
}

function usageOf(
  request: JsonObject,
  candidates: readonly Candidate[],
  thoughts: number,
): JsonObject {
  const prompt = promptTokens(request);
  const answered = candidates.reduce((sum, candidate) => sum + candidate.tokens, 0);
  return {
    promptTokenCount: prompt,
    ...(answered === 0 ? {} : { candidatesTokenCount: answered }),
    totalTokenCount: prompt + answered + thoughts,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  };
}

export function promptTokens(request: JsonObject): number {
  const { contents, systemInstruction, tools } = request;
  const all = [...objectsOf(contents), objectOf(systemInstruction)];
  const texts = all
    .flatMap((content) => objectsOf(content["parts"]))
    .map((part) => {
      const { text } = part;
      return typeof text === "string" ? countTokens(text) : MEDIA_TOKENS;
    });
  const spoken = texts.reduce((sum, tokens) => sum + tokens, 1);
  return spoken + (tools === undefined ? 0 : countTokens(JSON.stringify(tools)));
}

const MEDIA_TOKENS = 258;

function logprobsOf(text: string, config: JsonObject, dice: Dice): JsonObject {
  const top = numberOf(config["logprobs"], 0);
  const entry = (token: string): JsonObject => ({
    token,
    tokenId: dice.roll(250_000),
    logProbability: -dice.roll(1_000) / 1_000,
  });
  const chosenCandidates = tokensOf(text).map(entry);
  const topCandidates = tokensOf(text).map((token) => ({
    candidates: Array.from({ length: top }, () => entry(token)),
  }));
  return {
    avgLogprobs: -0.25,
    logprobsResult: { chosenCandidates, ...(top === 0 ? {} : { topCandidates }) },
  };
}

function lastQuestion(request: JsonObject): string {
  const contents = objectsOf(request["contents"]);
  const asked = contents.findLast((content) => textOf(content["role"]) !== "model");
  return textIn(asked ?? contents.at(-1));
}

export function textIn(content: Json | undefined): string {
  const texts = objectsOf(objectOf(content)["parts"]).map((part) => textOf(part["text"]));
  return texts.filter((text) => text !== "").join("\n");
}

function checkFiles(request: JsonObject, context: AnswerContext): void {
  for (const content of objectsOf(request["contents"])) {
    for (const part of objectsOf(content["parts"])) {
      const data = part["fileData"];
      if (isJsonObject(data)) context.requireFile(textOf(data["fileUri"]));
    }
  }
}
