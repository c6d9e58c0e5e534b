import { CodecError } from "../../src/core/codec-error.ts";
import type { EmbeddingField, EmbeddingSupport } from "../../src/core/embeddings.ts";
import type { BodyFormat, EmbeddingCodec, Format } from "../../src/core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { childPath, ROOT } from "../../src/core/json-path.ts";
import { LINE_ERROR_STATUS, type LineOutcome } from "../../src/core/lines.ts";
import { readArray, toText } from "../../src/formats/fields.ts";
import { bodyText } from "../../src/formats/line-fields.ts";

const TINY_MAX_INPUTS = 2;

/**
 * A format as small as one can be, for what the mappers do with any: narrow ids, and two texts to a record. It stands in for
 * Bedrock's embeddings under its name, and has a body of its own and one that is OpenAI's in another frame.
 */
export function createTinyFormat(openaiChat: BodyFormat): Format {
  const framed: BodyFormat = {
    ...openaiChat,
    frame: { modelIn: "job", adds: { tiny_version: "1" }, removes: ["stream"] },
  };
  const embeddings: BodyFormat = {
    kind: "embeddings",
    codec: tinyEmbeddings,
    frame: { modelIn: "job", adds: {}, removes: [] },
  };
  return {
    name: "bedrock",
    idRule: { pattern: /^[a-z0-9-]{1,20}$/, description: "1 to 20 small letters, digits and -" },
    bodies: [framed, embeddings],
    chooseBody: ({ endpoint, model }) => {
      if (model === "unknown") throw new CodecError("untranslatable", "", "no such family");
      return endpoint === "embeddings" ? embeddings : framed;
    },
    requestLine: {
      bodyPath: "ask",
      idKey: "id",
      keys: ["id", "ask"],
      recognises: (keys) => keys.includes("ask"),
      parse: (fields, line) => ({
        line,
        customId: textOf(fields.get("id")),
        endpoint: "chat",
        model: null,
        body: fields.body("ask"),
      }),
      write: ({ customId, body }) => `{"id":${JSON.stringify(customId)},"ask":${bodyText(body)}}`,
    },
    resultLine: {
      bodyPath: "answer",
      idKey: "id",
      recognises: (keys) => keys.includes("answer") || keys.includes("fault"),
      parse: (fields, line) => {
        const base = { line, customId: textOf(fields.get("id")), id: null };
        const fault = fields.inner("fault");
        if (fault === null) return { ...base, outcome: succeeded(fields.body("answer")) };
        if (fault.get("why") === "expired") return { ...base, outcome: { kind: "expired" } };
        const error = {
          status: LINE_ERROR_STATUS.rate_limit,
          type: "rate_limit",
          message: textOf(fault.get("why")) ?? "",
          native: { family: "bedrock", body: fields.body("fault") },
        } as const;
        return { ...base, outcome: { kind: "errored", requestId: null, error } };
      },
      write: ({ customId, outcome }) =>
        `{"id":${JSON.stringify(customId)},${writeOutcome(outcome)}}`,
    },
    parseCallError: (status) => ({ status, type: "server", message: "" }),
  };
}

function succeeded(body: (LineOutcome & { kind: "succeeded" })["body"]): LineOutcome {
  return { kind: "succeeded", status: 200, requestId: null, body };
}

function writeOutcome(outcome: LineOutcome): string {
  if (outcome.kind === "succeeded") return `"answer":${bodyText(outcome.body)}`;
  if (outcome.kind !== "errored") return `"fault":${JSON.stringify({ why: outcome.kind })}`;
  const { native, message } = outcome.error;
  if (native?.family === "bedrock") return `"fault":${bodyText(native.body)}`;
  return `"fault":${JSON.stringify({ why: message })}`;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

const NOT_SAID: Record<EmbeddingField, "warned"> = {
  dimensions: "warned",
  encodings: "warned",
  task: "warned",
  title: "warned",
  truncate: "warned",
  normalize: "warned",
  user: "warned",
};

const support: EmbeddingSupport = {
  fields: { ...NOT_SAID, encodings: "ignored" },
  inputs: { text: "kept", tokens: "refused", parts: "refused" },
};

const tinyEmbeddings: EmbeddingCodec = {
  name: "bedrock.tiny",
  family: "bedrock",
  support,
  fieldNames: {},
  maxInputs: TINY_MAX_INPUTS,
  parseRequest: (body) => ({
    family: "bedrock",
    model: null,
    inputs: readArray(body, "texts", ROOT).map((value, index) => {
      const at = childPath(childPath(ROOT, "texts"), index);
      return { kind: "text", text: toText(value, at), at };
    }),
    extras: [],
  }),
  writeRequest: ({ inputs }) => ({
    texts: inputs.map((input) => (input.kind === "text" ? input.text : "")),
  }),
  parseResponse: (body) => ({
    family: "bedrock",
    id: null,
    model: null,
    embeddings: readArray(body, "vectors", ROOT).map((values, index) => ({
      index,
      vectors: [{ encoding: "float", values: numbers(values) }],
    })),
    inputTokens: typeof body["tokens"] === "number" ? body["tokens"] : null,
    extras: [],
  }),
  writeResponse: ({ embeddings, inputTokens }) => ({
    vectors: embeddings.map(({ vectors }) =>
      vectors[0] !== undefined && "values" in vectors[0] ? vectors[0].values : [],
    ),
    tokens: inputTokens,
  }),
};

function numbers(value: Json): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/** What a provider of this format answers a request body with: each text's length, and as many tokens. */
export function answerTiny(body: unknown): JsonObject {
  const texts = isJsonObject(body) ? readArray(body, "texts", ROOT) : [];
  const lengths = texts.map((text) => toText(text, ROOT).length);
  return {
    vectors: lengths.map((length) => [length, length + 0.5]),
    tokens: lengths.reduce((sum, length) => sum + length, 0),
  };
}
