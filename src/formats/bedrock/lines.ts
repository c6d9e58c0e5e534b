import { CodecError } from "../../core/codec-error.ts";
import type { LineCodec, LineFields } from "../../core/format.ts";
import { isJsonObject } from "../../core/json.ts";
import type { Endpoint, LineOutcome, RequestLine, ResultLine } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";
import { parseLineError } from "./line-errors.ts";

/** A record of a job's input: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html */
export const requestLine: LineCodec<RequestLine> = {
  bodyPath: "modelInput",
  idKey: "recordId",
  keys: ["recordId", "modelInput"],
  recognises: (keys) =>
    keys.includes("modelInput") && !keys.includes("modelOutput") && !keys.includes("error"),
  parse(fields, line) {
    const body = fields.body("modelInput");
    return {
      line,
      customId: parseRecordId(fields),
      endpoint: endpointOf(fields),
      model: null,
      body,
    };
  },
  write({ line, customId, body }) {
    const id = JSON.stringify(customId ?? recordId(line));
    return `{"recordId":${id},"modelInput":${bodyText(body)}}`;
  },
};

/** A record of a job's output: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html */
export const resultLine: LineCodec<ResultLine> = {
  bodyPath: "modelOutput",
  idKey: "recordId",
  recognises: (keys) =>
    keys.includes("modelOutput") ||
    (keys.includes("error") && (keys.includes("recordId") || keys.includes("modelInput"))),
  parse(fields, line) {
    const hasInput = isJsonObject(fields.get("modelInput"));
    return {
      line,
      customId: parseRecordId(fields),
      id: null,
      outcome: parseOutcome(fields),
      input: hasInput ? fields.body("modelInput") : undefined,
    };
  },
  write({ line, customId, input, outcome }) {
    const id = JSON.stringify(customId ?? recordId(line));
    const sent = input === undefined ? "" : `"modelInput":${bodyText(input)},`;
    return `{"recordId":${id},${sent}${writeOutcome(outcome)}}`;
  },
};

/** Bedrock makes one where none is given. */
function parseRecordId(fields: LineFields): string | null {
  const id = fields.get("recordId");
  if (id === undefined || id === null || id === "") return null;
  if (typeof id === "string") return id;
  throw new CodecError("invalid_request", "recordId", "must be a string");
}

/** The form that Bedrock's own examples have: eleven letters and digits. */
function recordId(line: number): string {
  return `LINE${String(line).padStart(7, "0")}`;
}

/** The model would tell, but the job names it; the keys tell enough. */
function endpointOf(fields: LineFields): Endpoint {
  const body = fields.get("modelInput");
  if (!isJsonObject(body)) return "chat";
  const isCohere = Object.hasOwn(body, "input_type") || Object.hasOwn(body, "texts");
  const isTitan = Object.hasOwn(body, "inputText") && !Object.hasOwn(body, "textGenerationConfig");
  return isCohere || isTitan ? "embeddings" : "chat";
}

function parseOutcome(fields: LineFields): LineOutcome {
  const error = fields.inner("error");
  if (error === null && isJsonObject(fields.get("modelOutput"))) {
    return { kind: "succeeded", status: 200, requestId: null, body: fields.body("modelOutput") };
  }
  if (error === null) {
    const message = "the record has neither a modelOutput nor an error";
    return { kind: "errored", requestId: null, error: { status: 500, type: "server", message } };
  }
  const message = error.get("errorMessage");
  if (message === CANCELLED) return { kind: "canceled" };
  if (message === EXPIRED) return { kind: "expired" };
  return { kind: "errored", requestId: null, error: parseLineError(fields, error) };
}

/** Bedrock leaves out what it didn't get to; a line of ours says why it isn't there. */
const CANCELLED = "This record was not processed because the job was stopped.";
const EXPIRED = "This record was not processed before the job expired.";

function writeOutcome(outcome: LineOutcome): string {
  switch (outcome.kind) {
    case "succeeded":
      return `"modelOutput":${bodyText(outcome.body)}`;
    case "errored": {
      const { native, status, message } = outcome.error;
      if (native?.family === "bedrock") return `"error":${bodyText(native.body)}`;
      return writeError(status, message);
    }
    case "canceled":
      return writeError(400, CANCELLED);
    case "expired":
      return writeError(400, EXPIRED);
  }
}

function writeError(errorCode: number, errorMessage: string): string {
  return `"error":${JSON.stringify({ errorCode, errorMessage })}`;
}
