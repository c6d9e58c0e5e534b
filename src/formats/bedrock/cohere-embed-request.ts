import type { Extra } from "../../core/chat-request.ts";
import type { EmbeddingInput, EmbeddingRequest, EmbeddingTask } from "../../core/embeddings.ts";
import type { ImagePart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { parseMediaUrl } from "../data-url.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readArray,
  readOptionalArray,
  readOptionalInteger,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
  toText,
} from "../fields.ts";
import { TYPES } from "./vectors.ts";

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html, versions 3 and 4 */
export function parseCohereRequest(body: JsonObject): EmbeddingRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const typesAt = childPath(ROOT, "embedding_types");
  return {
    family: "bedrock",
    model: null,
    inputs: parseInputs(body),
    extras,
    task: parseTask(body),
    truncate: parseTruncate(body),
    encodings: readOptionalArray(body, "embedding_types", ROOT)?.map((type, index) =>
      toOneOf(type, TYPES, childPath(typesAt, index)),
    ),
    dimensions: readOptionalInteger(body, "output_dimension", ROOT),
  };
}

const readExtras = createExtrasReader(`
  texts images inputs input_type truncate embedding_types output_dimension
`);

function parseInputs(body: JsonObject): EmbeddingInput[] {
  const inputs = [
    ...parseList(body, "texts", (value, at) => ({ kind: "text", text: toText(value, at), at })),
    ...parseList(body, "images", (value, at) => ({
      kind: "parts",
      parts: [parseImage(value, at)],
      at,
    })),
    ...parseList(body, "inputs", parseMixed),
  ];
  if (inputs.length > 0) return inputs;
  throw invalid(ROOT, "texts", "must hold at least one text");
}

function parseList(
  body: JsonObject,
  key: string,
  parse: (value: Json, at: JsonPath) => EmbeddingInput,
): EmbeddingInput[] {
  const value = body[key];
  if (value === undefined || value === null) return [];
  const at = childPath(ROOT, key);
  if (!isJsonArray(value)) throw invalid(ROOT, key, "must be an array");
  return value.map((item, index) => parse(item, childPath(at, index)));
}

function parseMixed(value: Json, at: JsonPath): EmbeddingInput {
  const contentAt = childPath(at, "content");
  const content = readArray(toObject(value, at), "content", at);
  return {
    kind: "parts",
    parts: content.map((part, index) => parsePart(part, childPath(contentAt, index))),
    at,
  };
}

function parsePart(value: Json, at: JsonPath): UserPart {
  const part = toObject(value, at);
  const type = readString(part, "type", at);
  if (type === "text") return { kind: "text", text: readString(part, "text", at), at };
  if (type !== "image_url") return { kind: "native", family: "bedrock", type, value: part, at };
  return parseImage(part["image_url"], childPath(at, "image_url"));
}

function parseImage(value: Json | undefined, at: JsonPath): ImagePart {
  return { kind: "image", source: parseMediaUrl(toText(value, at), at), at };
}

function parseTask(body: JsonObject): EmbeddingTask | undefined {
  const type = readOptionalString(body, "input_type", ROOT);
  if (type === undefined) return undefined;
  const task = TASKS.get(type);
  if (task !== undefined) return task;
  throw invalid(ROOT, "input_type", `must be one of ${[...TASKS.keys()].join(", ")}`);
}

const TASKS: ReadonlyMap<string, EmbeddingTask> = new Map([
  ["search_document", "document"],
  ["search_query", "query"],
  ["classification", "classification"],
  ["clustering", "clustering"],
  ["image", "image"],
]);

function parseTruncate(body: JsonObject): "none" | "start" | "end" | undefined {
  const { truncate } = body;
  if (truncate === undefined || truncate === null) return undefined;
  const words = ["NONE", "START", "END", "LEFT", "RIGHT"] as const;
  switch (toOneOf(truncate, words, childPath(ROOT, "truncate"))) {
    case "NONE":
      return "none";
    case "START":
    case "LEFT":
      return "start";
    case "END":
    case "RIGHT":
      return "end";
  }
}
