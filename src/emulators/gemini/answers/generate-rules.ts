// https://ai.google.dev/api/generate-content

import type { Json, JsonObject } from "../json.ts";
import { isJsonObject, numberOf, objectOf, objectsOf, stringsOf, textOf } from "../json.ts";
import { PART_DATA } from "../messages.ts";
import type { ModelInfo } from "../models.ts";
import { invalidArgument } from "../status-error.ts";
import { toSnake } from "../proto-json.ts";
import { checkFunctions } from "./function-rules.ts";
import { checkSchema, refused } from "./schema-rules.ts";

/** What the types of the fields don't say. The request has been read by its message before. */
export function checkGenerate(request: JsonObject, model: ModelInfo): void {
  checkContents(request);
  checkConfig(objectOf(request["generationConfig"]), model);
  checkFunctions(request, model);
}

const ROLES = new Set(["user", "model", "function"]);

function checkContents(request: JsonObject): void {
  const contents = objectsOf(request["contents"]);
  if (contents.length === 0) throw refused("contents", "contents is not specified");
  for (const [index, content] of contents.entries()) {
    const { role } = content;
    if (role !== undefined && role !== "" && !ROLES.has(textOf(role))) {
      throw invalidArgument("Please use a valid role: user, model.");
    }
    checkParts(content, `contents[${index}]`);
  }
  const instruction = request["systemInstruction"];
  if (isJsonObject(instruction)) checkParts(instruction, "system_instruction");
  if (textOf(contents.at(-1)?.["role"]) === "model" && calls(contents.at(-1)).length > 0) {
    throw invalidArgument("Please ensure that a function call turn is not the last turn.");
  }
}

function calls(content: JsonObject | undefined): readonly JsonObject[] {
  return objectsOf(content?.["parts"]).filter((part) => part["functionCall"] !== undefined);
}

function checkParts(content: JsonObject, path: string): void {
  const parts = objectsOf(content["parts"]);
  if (parts.length === 0) throw refused(`${path}.parts`, "contents.parts must not be empty.");
  for (const [index, part] of parts.entries()) {
    const hasData = PART_DATA.some((name) => part[name] !== undefined);
    if (!hasData) {
      throw refused(
        `${path}.parts[${index}].data`,
        "required oneof field 'data' must have one initialized field",
      );
    }
    const data = part["inlineData"];
    if (isJsonObject(data) && textOf(data["mimeType"]) === "") {
      throw refused(`${path}.parts[${index}].inline_data.mime_type`, "must not be empty.");
    }
  }
}

const RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  temperature: [0, 2],
  topP: [0, 1],
  candidateCount: [1, 8],
  logprobs: [0, 20],
  maxOutputTokens: [1, 2 ** 31],
  topK: [1, 2 ** 31],
};

const MAX_STOPS = 5;
const MIME_TYPES = new Set(["text/plain", "application/json", "text/x.enum"]);

function checkConfig(config: JsonObject, model: ModelInfo): void {
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    const value = config[name];
    if (typeof value === "number" && (value < low || value > high)) {
      throw refused(
        `generation_config.${toSnake(name)}`,
        `must be in the range [${low}, ${high}], not ${value}.`,
      );
    }
  }
  if (stringsOf(config["stopSequences"]).length > MAX_STOPS) {
    throw refused("generation_config.stop_sequences", `at most ${MAX_STOPS} are allowed.`);
  }
  if (config["logprobs"] !== undefined && config["responseLogprobs"] !== true) {
    throw refused("generation_config.logprobs", "response_logprobs must be true.");
  }
  checkFormat(config);
  checkThinking(config["thinkingConfig"], model);
}

function checkFormat(config: JsonObject): void {
  const { responseMimeType, responseSchema } = config;
  const jsonSchema = jsonSchemaOf(config);
  const type = textOf(responseMimeType);
  if (type !== "" && !MIME_TYPES.has(type)) {
    throw refused(
      "generation_config.response_mime_type",
      `allowed mimetypes are ${[...MIME_TYPES].map((name) => `\`${name}\``).join(", ")}.`,
    );
  }
  if (responseSchema === undefined && jsonSchema === undefined) return;
  if (type === "" || type === "text/plain") {
    throw refused(
      "generation_config.response_schema",
      "only allowed when response_mime_type is 'application/json' or 'text/x.enum'.",
    );
  }
  if (responseSchema !== undefined && jsonSchema !== undefined) {
    throw refused(
      "generation_config",
      "only one of response_schema and response_json_schema may be set.",
    );
  }
  checkSchema(responseSchema, "generation_config.response_schema");
}

export function jsonSchemaOf(config: JsonObject): Json | undefined {
  return config["responseJsonSchema"] ?? config["_responseJsonSchema"];
}

function checkThinking(config: Json | undefined, model: ModelInfo): void {
  if (!isJsonObject(config)) return;
  const { thinkingBudget, thinkingLevel } = config;
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    throw invalidArgument("You can only set only one of thinking budget and thinking level.");
  }
  if (model.thinking === undefined) {
    throw invalidArgument(
      "Unable to submit request because thinking is not supported by this model.",
    );
  }
  if (thinkingLevel !== undefined && model.thinking !== "level") {
    throw invalidArgument("Thinking level is not supported for this model.");
  }
  const budget = numberOf(thinkingBudget, 0);
  if (budget < -1 || budget > 32_768) {
    throw invalidArgument(
      `The thinking budget ${budget} is invalid. Please choose a value between 0 and 32768.`,
    );
  }
  if (thinkingBudget === 0 && model.name.includes("pro")) {
    throw invalidArgument("Budget 0 is invalid. This model only works in thinking mode.");
  }
}
