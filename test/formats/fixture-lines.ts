import { CodecError } from "../../src/core/codec-error.ts";
import type { Format } from "../../src/core/format.ts";
import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import type { LineMap, MapOptions, Side } from "../../src/core/translation.ts";
import type { TranslationMode } from "../../src/core/write-context.ts";
import { withFrame, withoutFrame } from "../../src/formats/body-frame.ts";
import { formats, requestMap, resultMap } from "../../src/formats/formats.ts";
import { LineContext } from "../../src/formats/line-context.ts";
import { SAME_IDS } from "../../src/formats/line-ids.ts";
import { ReportCounts } from "../../src/formats/report.ts";
import { reportUnsaid } from "../../src/formats/unsaid.ts";
import { accentOf } from "../support/chat-accents.ts";
import type { ChatCase, ChatKind } from "../support/chat-fixtures.ts";

/** What became of a fixture's body on its way from one API to another. */
export type Passed =
  | { readonly kind: "translated"; readonly body: JsonObject; readonly warnings: readonly string[] }
  | { readonly kind: "refused"; readonly message: string };

export interface Passage {
  readonly fixture: ChatCase;
  readonly kind: ChatKind;
  readonly from: string;
  readonly to: string;
}

/** As in the product: in a line, through the maps of lines. */
export function passLine(
  passage: Passage,
  body: JsonObject,
  mode: TranslationMode = "warn",
): Passed {
  const { fixture, kind, from, to } = passage;
  const options = { ...optionsOf(fixture), mode };
  const source = sideOf(fixture, from);
  const target = sideOf(fixture, to);
  // A result names its own model; only a job's side stands in for it.
  const reader = target.format.name === "bedrock" ? target : { ...target, model: null };
  const map =
    kind === "request"
      ? requestMap(source, target, options)
      : resultMap(source, reader, { ...options, hasMixedLines: true });
  if (map === null) return { kind: "translated", body, warnings: [] };
  const line = JSON.stringify(writeEnvelope(source, kind, body));
  const mapped = map.map(line, 1);
  if (mapped.kind === "failed") {
    const { path = "", message } = mapped.error;
    return { kind: "refused", message: `${path} ${message}` };
  }
  const written: unknown = JSON.parse(mapped.lines.join(""));
  return readPassed(target, kind, { line: written, map, source });
}

/** Through the codec of one API and back: what it can't keep of its own bodies. */
export function passCodec({ fixture, kind, from }: Passage, body: JsonObject): Passed {
  const side = sideOf(fixture, from);
  const { model, endpoint, variant, format } = side;
  const choice = { endpoint: endpoint ?? "chat", model, variant, sample: body };
  const chosen = format.chooseBody(choice);
  if (chosen.kind !== "chat") throw new Error(`${from} has no chat`);
  const context = new LineContext(optionsOf(fixture), "warn");
  const counts = new ReportCounts();
  context.model = model;
  context.fieldNames = chosen.codec.fieldNames;
  try {
    const written = kind === "request" ? writeRequest() : writeResponse();
    context.settle(counts, 1);
    const warnings = counts.report().warnings.map(({ field }) => field);
    return { kind: "translated", body: printed(written), warnings };
  } catch (error) {
    if (error instanceof CodecError) return { kind: "refused", message: error.message };
    throw error;
  }

  function writeRequest(): JsonObject {
    if (chosen.kind !== "chat") return {};
    const request = chosen.codec.parseRequest(withoutFrame(body, chosen.frame));
    reportUnsaid(request, chosen.codec, context);
    return withFrame(chosen.codec.writeRequest(request, context), chosen.frame);
  }

  function writeResponse(): JsonObject {
    if (chosen.kind !== "chat") return {};
    return chosen.codec.writeResponse(chosen.codec.parseResponse(body), context);
  }
}

/** Which accents the registry has a format for. */
export function isRegistered(accent: string): boolean {
  return accentOf(accent).format in formats;
}

function sideOf({ models }: ChatCase, accent: string): Side {
  const { format, endpoint, variant, model } = accentOf(accent);
  const found: Format | undefined = Object.values(formats).find(({ name }) => name === format);
  if (found === undefined) throw new Error(`no format ${format} is registered`);
  return { format: found, endpoint, variant, model: models[accent] ?? model };
}

function optionsOf({ isBatch }: ChatCase): MapOptions {
  return {
    mode: "warn",
    isBatch,
    ids: SAME_IDS,
    nowSeconds: () => 1_764_000_000,
    newId: (prefix) => `${prefix}new`,
  };
}

const ID = "case-1";

function writeEnvelope({ format, endpoint }: Side, kind: ChatKind, body: JsonObject): JsonObject {
  const isRequest = kind === "request";
  switch (format.name) {
    case "openai":
      if (!isRequest) {
        const response = { status_code: 200, request_id: "req-1", body };
        return { id: "batch_req_1", custom_id: ID, response, error: null };
      }
      return {
        custom_id: ID,
        method: "POST",
        url: endpoint === "responses" ? "/v1/responses" : "/v1/chat/completions",
        body,
      };
    case "anthropic":
      return isRequest
        ? { custom_id: ID, params: body }
        : { custom_id: ID, result: { type: "succeeded", message: body } };
    case "gemini":
      return isRequest ? { key: ID, request: body } : { key: ID, response: body };
    case "bedrock":
      return isRequest
        ? { recordId: ID, modelInput: body }
        : { recordId: ID, modelInput: {}, modelOutput: body };
  }
}

const BODY_KEYS = {
  request: { openai: "body", anthropic: "params", gemini: "request", bedrock: "modelInput" },
  response: {
    openai: "response.body",
    anthropic: "result.message",
    gemini: "response",
    bedrock: "modelOutput",
  },
} as const;

function readPassed(
  { format }: Side,
  kind: ChatKind,
  { line, map, source }: { line: unknown; map: LineMap; source: Side },
): Passed {
  let body = line;
  for (const key of BODY_KEYS[kind][format.name].split(".")) {
    body = isJsonObject(body) ? body[key] : undefined;
  }
  if (!isJsonObject(body)) return { kind: "refused", message: JSON.stringify(line) };
  const prefix = `${BODY_KEYS[kind][source.format.name]}.`;
  const warnings = map
    .report()
    .warnings.map(({ field }) => (field.startsWith(prefix) ? field.slice(prefix.length) : field));
  return { kind: "translated", body, warnings };
}

function printed(body: JsonObject): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(body));
  if (!isJsonObject(value)) throw new Error("a body must be an object");
  return value;
}
