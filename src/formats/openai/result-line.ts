import { hash } from "node:crypto";
import type { LineCodec, LineFields } from "../../core/format.ts";
import type { LineOutcome, ResultLine } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";
import {
  httpErrorBody,
  isNeverRun,
  parseHttpError,
  parseLineError,
  writeLineError,
} from "./line-error.ts";

/**
 * A line of a batch's output or error file. `response` holds whatever the call answered, failures too; `error` is only for
 * lines that never ran. https://platform.openai.com/docs/guides/batch
 */
export const resultLine: LineCodec<ResultLine> = {
  bodyPath: "response.body",
  idKey: "custom_id",
  // Vertex repeats the request in its results, and perhaps a custom_id beside it.
  recognises: (keys) =>
    keys.includes("custom_id") &&
    (keys.includes("response") || keys.includes("error")) &&
    !keys.includes("request"),
  parse: (fields, line) => ({
    line,
    customId: textOf(fields, "custom_id"),
    id: textOf(fields, "id"),
    outcome: parseOutcome(fields),
  }),
  write: (line) => {
    const id = JSON.stringify(line.id ?? lineId(line));
    const customId = JSON.stringify(line.customId);
    return `{"id":${id},"custom_id":${customId},${writeOutcome(line.outcome)}}`;
  },
};

function parseOutcome(fields: LineFields): LineOutcome {
  const response = fields.inner("response");
  if (response !== null) return parseResponse(response);
  const error = fields.inner("error");
  const code = error?.get("code");
  if (code === EXPIRED.code) return { kind: "expired" };
  if (code === CANCELLED.code) return { kind: "canceled" };
  return { kind: "errored", requestId: null, error: parseLineError(error) };
}

function parseResponse(response: LineFields): LineOutcome {
  const requestId = textOf(response, "request_id");
  const status = parseStatus(response);
  if (status < 200 || status >= 300) {
    return { kind: "errored", requestId, error: parseHttpError(response, errorStatus(status)) };
  }
  return { kind: "succeeded", status, requestId, body: response.body("body") };
}

function parseStatus(response: LineFields): number {
  const status = response.get("status_code");
  if (typeof status === "number" && Number.isInteger(status)) return status;
  return response.inner("body")?.inner("error") === null ? 200 : 500;
}

function errorStatus(status: number): number {
  return status >= 400 && status <= 599 ? status : 500;
}

function writeOutcome(outcome: LineOutcome): string {
  switch (outcome.kind) {
    case "succeeded":
      return writeResponse(outcome.status, outcome.requestId, bodyText(outcome.body));
    case "errored": {
      const { error, requestId } = outcome;
      if (isNeverRun(error)) return neverRun(writeLineError(error));
      const isOwn = error.native?.family === "openai";
      const body =
        isOwn && error.native !== undefined
          ? bodyText(error.native.body)
          : JSON.stringify(httpErrorBody(error));
      return writeResponse(error.status, requestId, body);
    }
    case "canceled":
      return neverRun(CANCELLED);
    case "expired":
      return neverRun(EXPIRED);
  }
}

/** OpenAI always names the call; clients with typed readers want a text there. */
function writeResponse(status: number, requestId: string | null, body: string): string {
  const id = JSON.stringify(requestId ?? "");
  return `"response":{"status_code":${status},"request_id":${id},"body":${body}},"error":null`;
}

function neverRun(error: object): string {
  return `"response":null,"error":${JSON.stringify(error)}`;
}

const EXPIRED = {
  code: "batch_expired",
  message: "This request could not be executed before the completion window expired.",
} as const;

const CANCELLED = {
  code: "batch_cancelled",
  message: "This request was not executed because the batch was cancelled.",
} as const;

/** The same on every run, and its own for every line of a batch. */
function lineId({ customId, line }: ResultLine): string {
  return `batch_req_${hash("sha256", customId ?? `line ${line}`).slice(0, 32)}`;
}

function textOf(fields: LineFields, key: string): string | null {
  const value = fields.get(key);
  return typeof value === "string" && value !== "" ? value : null;
}
