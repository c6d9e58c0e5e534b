import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { embeddingInputs } from "./answers/embedding.ts";
import { countTokens } from "./answers/reply-text.ts";
import type { BatchProblem } from "./batch-record.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, parseJson } from "../json.ts";
import type { OpenAILimits } from "./limits.ts";
import type { ModelTable } from "./models.ts";
import { snapshotOf } from "./models.ts";

/** Where each line lies in the input file. */
export interface LineTable {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

export interface ValidInput {
  readonly kind: "valid";
  readonly table: LineTable;
  readonly model: string;
  readonly tokens: number;
}

export type Validation = ValidInput | { readonly kind: "invalid"; readonly problem: BatchProblem };

export interface Candidate {
  readonly path: string;
  readonly bytes: number;
  readonly endpoint: string;
  readonly models: ModelTable;
  readonly limits: OpenAILimits;
}

const NEWLINE = 0x0a;

/** Reads the whole input before a line is run. The first bad line ends it, and is the only one that is told. */
export async function validateInput(candidate: Candidate): Promise<Validation> {
  const { bytes, limits } = candidate;
  if (bytes === 0) return invalid("empty_file", "The batch input file is empty.");
  if (bytes > limits.batchInputBytes) {
    return invalid(
      "invalid_request",
      `The batch input file is larger than the ${limits.batchInputBytes} maximum for the batch API.`,
      { param: "file_id" },
    );
  }
  const checker = createLineChecker(candidate);
  const offsets: number[] = [];
  const lengths: number[] = [];
  let pending: Buffer[] = [];
  let start = 0;
  let read = 0;
  let problem: BatchProblem | null = null;
  const take = (line: Buffer) => {
    offsets.push(start);
    lengths.push(line.length);
    problem = checker.check(line, offsets.length);
  };
  for await (const chunk of createReadStream(candidate.path, { highWaterMark: 1024 * 1024 })) {
    if (!Buffer.isBuffer(chunk)) continue;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const tail = chunk.subarray(from, end);
      take(pending.length === 0 ? tail : Buffer.concat([...pending, tail]));
      if (problem !== null) return { kind: "invalid", problem };
      pending = [];
      from = end + 1;
      start = read + from;
    }
    if (from < chunk.length) pending.push(Buffer.from(chunk.subarray(from)));
    read += chunk.length;
  }
  if (pending.length > 0) take(Buffer.concat(pending));
  if (problem !== null) return { kind: "invalid", problem };
  return { kind: "valid", table: { offsets, lengths }, ...checker.found() };
}

export function invalid(
  code: string,
  message: string,
  place: { readonly param?: string; readonly line?: number } = {},
): Validation {
  const { param, line } = place;
  return {
    kind: "invalid",
    problem: { code, message, param: param ?? null, line: line ?? null },
  };
}

class LineProblem extends Error {
  readonly problem: BatchProblem;

  constructor(code: string, message: string, place: { param: string | null; line: number }) {
    super(message);
    this.problem = { code, message, param: place.param, line: place.line };
  }
}

interface Seen {
  readonly ids: Set<string>;
  model: string | null;
  inputs: number;
  tokens: number;
}

function createLineChecker(candidate: Candidate) {
  const seen: Seen = { ids: new Set(), model: null, inputs: 0, tokens: 0 };
  return {
    check: (line: Buffer, number: number): BatchProblem | null => {
      try {
        checkLine(line, { number, seen, candidate });
        return null;
      } catch (error) {
        if (error instanceof LineProblem) return error.problem;
        throw error;
      }
    },
    found: () => {
      const known = candidate.models.find(seen.model ?? "");
      return {
        model: known === null ? (seen.model ?? "") : snapshotOf(known),
        tokens: seen.tokens,
      };
    },
  };
}

interface Check {
  readonly number: number;
  readonly seen: Seen;
  readonly candidate: Candidate;
}

function checkLine(source: Buffer, check: Check): void {
  const { number: line, seen, candidate } = check;
  const { limits, endpoint } = candidate;
  if (line > limits.batchLines) {
    throw new LineProblem(
      "invalid_request",
      `The batch input file has more than the ${limits.batchLines} requests that a batch may have.`,
      { param: "file_id", line },
    );
  }
  const value = parseLine(source);
  if (value === null) {
    throw new LineProblem("invalid_json_line", "This line is not parseable as valid JSON.", {
      param: null,
      line,
    });
  }
  checkEnvelope(value, check);
  if (value["url"] !== endpoint) {
    const message = `The URL provided for this request does not match the batch endpoint ${endpoint}.`;
    throw new LineProblem("invalid_url", message, { param: "url", line });
  }
  const body = value["body"];
  if (!isJsonObject(body)) throw missing("body", line);
  checkModel(body, check);
  if (body["stream"] === true) {
    const message = "Streaming is not supported in the Batch API.";
    throw new LineProblem("streaming_unsupported", message, { param: "body.stream", line });
  }
  seen.tokens += countTokens(source.toString("latin1"));
  if (endpoint === "/v1/embeddings") {
    seen.inputs += embeddingInputs(body["input"]).length;
    if (seen.inputs > limits.batchEmbeddingInputs) {
      const message = `A batch may have at most ${limits.batchEmbeddingInputs} embedding inputs.`;
      throw new LineProblem("invalid_request", message, { param: "body.input", line });
    }
  }
}

function parseLine(source: Buffer): JsonObject | null {
  if (!isUtf8(source)) return null;
  try {
    const value = parseJson(source.toString("utf8"));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

const LINE_KEYS = new Set(["custom_id", "method", "url", "body"]);

function checkEnvelope(value: JsonObject, check: Check): void {
  const { number: line, seen } = check;
  const { custom_id: id, method } = value;
  if (typeof id !== "string" || id === "") throw missing("custom_id", line);
  if (seen.ids.has(id)) {
    const message = `The custom_id '${id}' is used by more than one request.`;
    throw new LineProblem("duplicate_custom_id", message, { param: "custom_id", line });
  }
  seen.ids.add(id);
  for (const name of ["method", "url", "body"]) {
    if (value[name] === undefined || value[name] === null) throw missing(name, line);
  }
  if (method !== "POST") {
    const message = "Only the method POST is supported in the Batch API.";
    throw new LineProblem("invalid_method", message, { param: "method", line });
  }
  const unknown = Object.keys(value).find((name) => !LINE_KEYS.has(name));
  if (unknown !== undefined) {
    const message = `Unknown parameter: '${unknown}'.`;
    throw new LineProblem("unknown_parameter", message, { param: unknown, line });
  }
}

function missing(name: string, line: number): LineProblem {
  const message = `Missing required parameter: '${name}'.`;
  return new LineProblem("missing_required_parameter", message, { param: name, line });
}

function checkModel(body: JsonObject, check: Check): void {
  const { number: line, seen, candidate } = check;
  const { model } = body;
  const param = "body.model";
  if (typeof model !== "string" || model === "") {
    // Only a moderation has a default.
    if (candidate.endpoint === "/v1/moderations" && model === undefined) return;
    throw new LineProblem("invalid_request", "A model must be given.", { param, line });
  }
  if (seen.model !== null && seen.model !== model) {
    const message = `All requests of a batch must use the same model; this one uses '${model}', the first '${seen.model}'.`;
    throw new LineProblem("mismatched_model", message, { param, line });
  }
  if (seen.model === null && candidate.models.find(model) === null) {
    const message = `The provided model '${model}' does not exist or is not supported by the Batch API.`;
    throw new LineProblem("model_not_found", message, { param, line });
  }
  seen.model = model;
}
