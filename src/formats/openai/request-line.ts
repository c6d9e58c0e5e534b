import { CodecError } from "../../core/codec-error.ts";
import type { LineCodec, LineFields } from "../../core/format.ts";
import { isJsonObject } from "../../core/json.ts";
import type { RequestLine } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";
import { parseEndpoint, writeEndpoint } from "./endpoints.ts";

/** A line of a batch's input: https://platform.openai.com/docs/guides/batch */
export const requestLine: LineCodec<RequestLine> = {
  bodyPath: "body",
  idKey: "custom_id",
  keys: ["custom_id", "method", "url", "body"],
  recognises: (keys) =>
    keys.includes("body") && (keys.includes("custom_id") || keys.includes("url")),
  parse: parseRequestLine,
  write: ({ line, customId, endpoint, body }) => {
    const id = JSON.stringify(customId ?? `request-${line}`);
    const url = JSON.stringify(writeEndpoint(endpoint));
    return `{"custom_id":${id},"method":"POST","url":${url},"body":${bodyText(body)}}`;
  },
};

function parseRequestLine(fields: LineFields, line: number): RequestLine {
  const customId = fields.get("custom_id");
  if (typeof customId !== "string" || customId === "") {
    throw new CodecError("invalid_request", "custom_id", "must be a string that isn't empty");
  }
  const method = fields.get("method");
  if (method !== undefined && method !== "POST") {
    throw new CodecError("invalid_request", "method", "must be POST");
  }
  return {
    line,
    customId,
    endpoint: parseEndpoint(fields.get("url")),
    model: modelOf(fields),
    body: fields.body("body"),
  };
}

function modelOf(fields: LineFields): string | null {
  const body = fields.get("body");
  if (!isJsonObject(body) || !Object.hasOwn(body, "model")) return null;
  return typeof body["model"] === "string" ? body["model"] : null;
}
