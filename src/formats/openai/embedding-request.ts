import type { Extra } from "../../core/chat-request.ts";
import type { EmbeddingInput, EmbeddingRequest } from "../../core/embeddings.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readOptionalInteger,
  readOptionalString,
  toOneOf,
} from "../fields.ts";
import { withOwnExtras } from "./own-extras.ts";

/** An embeddings request body: https://platform.openai.com/docs/api-reference/embeddings/create */
export function parseEmbeddingRequest(body: JsonObject): EmbeddingRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  return {
    family: "openai",
    model: readOptionalString(body, "model", ROOT) ?? null,
    inputs: parseInputs(body["input"]),
    extras,
    dimensions: readOptionalInteger(body, "dimensions", ROOT),
    encodings: parseEncoding(body["encoding_format"]),
    user: readOptionalString(body, "user", ROOT),
  };
}

const readExtras = createExtrasReader("model input dimensions encoding_format user");

/** A text, texts, tokens, or lists of tokens. */
function parseInputs(input: Json | undefined): EmbeddingInput[] {
  const at = childPath(ROOT, "input");
  if (typeof input === "string") return [{ kind: "text", text: input, at }];
  if (!isJsonArray(input) || input.length === 0) {
    throw invalid(ROOT, "input", "must be a text, or an array of texts or of token ids");
  }
  if (input.every(isToken)) return [{ kind: "tokens", tokens: input, at }];
  return input.map((value, index) => parseInput(value, childPath(at, index)));
}

function parseInput(value: Json, at: JsonPath): EmbeddingInput {
  if (typeof value === "string") return { kind: "text", text: value, at };
  if (isJsonArray(value) && value.length > 0 && value.every(isToken)) {
    return { kind: "tokens", tokens: value, at };
  }
  throw invalid(ROOT, "input", "must be a text, or an array of texts or of token ids");
}

function isToken(value: Json): value is number {
  return Number.isSafeInteger(value);
}

function parseEncoding(format: Json | undefined): EmbeddingRequest["encodings"] {
  if (format === undefined || format === null) return undefined;
  return [toOneOf(format, ["float", "base64"], childPath(ROOT, "encoding_format"))];
}

export function writeEmbeddingRequest(
  request: EmbeddingRequest,
  context: WriteContext,
): JsonObject {
  warnOfSettings(request, context);
  const body = {
    model: context.model ?? undefined,
    input: writeInputs(request.inputs, context),
    dimensions: request.dimensions,
    encoding_format: writeEncoding(request, context),
    user: request.user,
  };
  return withOwnExtras(body, request, NOT_IN_EMBEDDINGS);
}

export const NOT_IN_EMBEDDINGS: ReadonlySet<string> = new Set(["stream"]);

function writeInputs(inputs: readonly EmbeddingInput[], context: WriteContext): Json {
  const written = inputs.map((input) => writeInput(input, context));
  const [only] = written;
  return written.length === 1 && only !== undefined ? only : written;
}

function writeInput(input: EmbeddingInput, context: WriteContext): Json {
  switch (input.kind) {
    case "text":
      return input.text;
    case "tokens":
      return input.tokens;
    case "parts": {
      const texts = input.parts.map((part) => {
        if (part.kind === "text") return part.text;
        throw context.untranslatable(part.at, "OpenAI embeds only text");
      });
      return texts.join("\n");
    }
  }
}

/** More encodings than one can't be asked for; the first that OpenAI has is what the client reads first too. */
function writeEncoding(request: EmbeddingRequest, context: WriteContext): string | undefined {
  const { encodings } = request;
  if (encodings === undefined || encodings.length === 0) return undefined;
  const known = encodings.find((encoding) => encoding === "float" || encoding === "base64");
  if (known === undefined) {
    throw context.untranslatable("encodings", "OpenAI has only float and base64");
  }
  if (encodings.length > 1) context.warn("encodings", `OpenAI gives one encoding: ${known}`);
  return known;
}

/** OpenAI's vectors are always normalised, and a text that is too long is an error. */
function warnOfSettings(request: EmbeddingRequest, context: WriteContext): void {
  const { normalize, truncate } = request;
  if (normalize === false) context.warn("normalize", "OpenAI's vectors are always normalised");
  if (truncate !== undefined && truncate !== "none") {
    context.warn("truncate", "OpenAI refuses texts that are too long");
  }
}
