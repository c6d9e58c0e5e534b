import type { LineCodec, LineFields } from "../../core/format.ts";
import { isJsonObject } from "../../core/json.ts";
import type { LineOutcome, ResultLine } from "../../core/lines.ts";
import { bodyText, printJson } from "../line-fields.ts";
import { parseKey, writeKey } from "./line-key.ts";
import {
  CANCELED_STATUS,
  EXPIRED_STATUS,
  parseStatus,
  parseStatusText,
  type RpcFailure,
  writeStatus,
} from "./rpc-status.ts";

/** A line of a batch's output (wire.md C.2.4), of a file or of a list, or of Vertex's files (E.2). */
export const resultLine: LineCodec<ResultLine> = {
  bodyPath: "response",
  idKey: "key",
  keys: [
    "key",
    "response",
    "error",
    "metadata",
    "request",
    "custom_id",
    "status",
    "processed_time",
  ],
  recognises: (keys) => {
    const has = (key: string) => keys.includes(key);
    if (has("recordId") || has("modelInput") || has("modelOutput")) return false;
    if (has("request") && (has("status") || has("processed_time") || has("response"))) return true;
    return (has("response") || has("error")) && !has("custom_id");
  },
  parse: parseResultLine,
  write: ({ customId, outcome }) => `{${writeKey(customId)}${writeOutcome(outcome)}}`,
};

function parseResultLine(fields: LineFields, line: number): ResultLine {
  const hasInput = isJsonObject(fields.get("request"));
  return {
    line,
    customId: parseKey(fields),
    id: null,
    outcome: parseOutcome(fields),
    input: hasInput ? fields.body("request") : undefined,
  };
}

/** Without a response it failed, whatever else is said. */
function parseOutcome(fields: LineFields): LineOutcome {
  if (isJsonObject(fields.get("response"))) {
    return { kind: "succeeded", status: 200, requestId: null, body: fields.body("response") };
  }
  const error = fields.get("error");
  if (isJsonObject(error)) return toOutcome(parseStatus(error), fields);
  const status = fields.get("status");
  if (typeof status === "string" && status !== "") return toOutcome(parseStatusText(status), null);
  return toOutcome(parseStatus({ message: "the line has neither a response nor an error" }), null);
}

/** `fields`: where the native error is, if it is an object. */
function toOutcome(failure: RpcFailure, fields: LineFields | null): LineOutcome {
  if (failure.kind !== "error") return failure;
  const native =
    fields === null ? undefined : ({ family: "gemini", body: fields.body("error") } as const);
  return { kind: "errored", requestId: null, error: { ...failure.error, native } };
}

function writeOutcome(outcome: LineOutcome): string {
  switch (outcome.kind) {
    case "succeeded":
      return `"response":${bodyText(outcome.body)}`;
    case "errored": {
      const { native } = outcome.error;
      const isOwn = native?.family === "gemini";
      return `"error":${isOwn ? bodyText(native.body) : printJson(writeStatus(outcome.error))}`;
    }
    case "canceled":
      return `"error":${printJson(CANCELED_STATUS)}`;
    case "expired":
      return `"error":${printJson(EXPIRED_STATUS)}`;
  }
}
