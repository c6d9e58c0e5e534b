import { CodecError } from "../../core/codec-error.ts";
import type { LineCodec, LineFields } from "../../core/format.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { RequestLine } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";
import { parseModel } from "./chat-request.ts";
import { parseKey, writeKey } from "./line-key.ts";

/** A line of a batch's input: https://ai.google.dev/gemini-api/docs/batch-api */
export const requestLine: LineCodec<RequestLine> = {
  bodyPath: "request",
  idKey: "key",
  otherIdKeys: ["metadata.key", "custom_id"],
  keys: ["key", "request", "metadata", "custom_id"],
  recognises: (keys) => keys.includes("request") && !RESULT_KEYS.some((key) => keys.includes(key)),
  parse: parseRequestLine,
  write: ({ customId, body }) => `{${writeKey(customId)}"request":${bodyText(body)}}`,
};

/** Vertex repeats the request in its results. */
const RESULT_KEYS = ["response", "error", "status", "processed_time"];

function parseRequestLine(fields: LineFields, line: number): RequestLine {
  const request = fields.get("request");
  if (!isJsonObject(request))
    throw new CodecError("invalid_request", "request", "must be an object");
  return {
    line,
    customId: parseKey(fields),
    endpoint: isEmbedding(request) ? "embeddings" : "chat",
    model: typeof request["model"] === "string" ? parseModel(request) : null,
    body: fields.body("request"),
  };
}

/** `content` or, of several, `requests`, where a chat has `contents`. */
export function isEmbedding(body: JsonObject): boolean {
  return (
    !Object.hasOwn(body, "contents") &&
    (Object.hasOwn(body, "content") || Object.hasOwn(body, "requests"))
  );
}
