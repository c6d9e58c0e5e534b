import type { LineCodec, LineFields } from "../../core/format.ts";
import { CodecError } from "../../core/codec-error.ts";
import type { LineOutcome, RequestLine, ResultLine } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";
import { parseLineError, writeLineError } from "./line-errors.ts";

/** One of a batch's `requests`: https://platform.claude.com/docs/en/api/messages/batches/create */
export const requestLine: LineCodec<RequestLine> = {
  bodyPath: "params",
  idKey: "custom_id",
  keys: ["custom_id", "params"],
  recognises: (keys) => keys.includes("custom_id") && keys.includes("params"),
  parse(fields, line) {
    const model = fields.inner("params")?.get("model");
    return {
      line,
      customId: parseCustomId(fields),
      endpoint: "chat",
      model: typeof model === "string" ? model : null,
      body: fields.body("params"),
    };
  },
  write({ customId, body }) {
    return `{"custom_id":${JSON.stringify(customId)},"params":${bodyText(body)}}`;
  },
};

/** One row of a batch's results: https://platform.claude.com/docs/en/api/messages/batches/results */
export const resultLine: LineCodec<ResultLine> = {
  bodyPath: "result.message",
  idKey: "custom_id",
  recognises: (keys) => keys.includes("custom_id") && keys.includes("result"),
  parse(fields, line) {
    return { line, customId: parseCustomId(fields), id: null, outcome: parseOutcome(fields) };
  },
  write({ customId, outcome }) {
    return `{"custom_id":${JSON.stringify(customId)},"result":${writeOutcome(outcome)}}`;
  },
};

function parseCustomId(fields: LineFields): string {
  const id = fields.get("custom_id");
  if (typeof id === "string" && id !== "") return id;
  throw new CodecError("invalid_request", "custom_id", "must be a string that isn't empty");
}

function parseOutcome(fields: LineFields): LineOutcome {
  const result = fields.inner("result");
  if (result === null) throw new CodecError("invalid_request", "result", "must be an object");
  const found = result.get("type");
  const type = typeof found === "string" ? found : "none";
  switch (type) {
    case "succeeded":
      return { kind: type, status: 200, requestId: null, body: result.body("message") };
    case "errored":
      return parseLineError(result, "error");
    case "canceled":
    case "expired":
      return { kind: type };
    default: {
      const message = `the result is of an unknown type: ${type.slice(0, 80)}`;
      const error = { status: 500, type: "server", message } as const;
      return { kind: "errored", requestId: null, error };
    }
  }
}

function writeOutcome(outcome: LineOutcome): string {
  switch (outcome.kind) {
    case "succeeded":
      return `{"type":"succeeded","message":${bodyText(outcome.body)}}`;
    case "errored":
      return `{"type":"errored","error":${writeLineError(outcome)}}`;
    case "canceled":
    case "expired":
      return `{"type":"${outcome.kind}"}`;
  }
}
