import type { ChatRequest, Extra, Reasoning, ResponseFormat } from "../../core/chat-request.ts";
import { CodecError } from "../../core/codec-error.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readObject,
  readOptionalObject,
  readOptionalString,
  readString,
  toOneOf,
  toText,
} from "../fields.ts";
import { parseInferenceConfig } from "./inference-config.ts";
import { parseMessages } from "./messages.ts";
import { effortOf, parseModelFields } from "./model-fields.ts";
import { parseToolConfig } from "./tools.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function parseConverseRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  readEssentialExtras(body, extras);
  const scope = { extras, toolNames: new Map<string, string>(), isAnswer: false };
  const fields = parseModelFields(body, extras);
  const output = parseOutputConfig(body, extras);
  const tools = parseToolConfig(body, scope);
  return {
    family: "bedrock",
    model: null,
    messages: parseMessages(body, scope),
    extras,
    ...fields,
    ...parseInferenceConfig(body, extras),
    tools: tools.tools,
    toolChoice: tools.toolChoice ?? fields.toolChoice,
    responseFormat: output.responseFormat ?? fields.responseFormat,
    reasoning: withEffort(fields.reasoning, output.effort),
    metadata: parseMetadata(body),
    serviceTier: parseServiceTier(body, extras),
  };
}

const readExtras = createExtrasReader(`
  messages system inferenceConfig toolConfig guardrailConfig
  additionalModelRequestFields promptVariables requestMetadata
  serviceTier outputConfig
`);

/** A guardrail changes what is answered, and variables what is asked. */
function readEssentialExtras(body: JsonObject, extras: Extra[]): void {
  for (const key of ["guardrailConfig", "promptVariables"]) {
    const value = body[key];
    if (value === undefined || value === null) continue;
    extras.push({ path: childPath(ROOT, key), value, isEssential: true });
  }
}

interface ParsedOutput {
  readonly responseFormat?: ResponseFormat | undefined;
  readonly effort?: string | undefined;
}

function parseOutputConfig(body: JsonObject, extras: Extra[]): ParsedOutput {
  const config = readOptionalObject(body, "outputConfig", ROOT);
  if (config === undefined) return {};
  const at = childPath(ROOT, "outputConfig");
  readOutputExtras(config, at, extras);
  const effort = readOptionalString(config, "effort", at);
  if (effort !== undefined && effortOf(effort) === undefined) {
    extras.push({ path: childPath(at, "effort"), value: effort, isEssential: false });
  }
  return { effort, responseFormat: parseTextFormat(config, at, extras) };
}

const readOutputExtras = createExtrasReader("textFormat effort");

function parseTextFormat(
  config: JsonObject,
  configAt: JsonPath,
  extras: Extra[],
): ResponseFormat | undefined {
  const format = readOptionalObject(config, "textFormat", configAt);
  if (format === undefined) return undefined;
  const at = childPath(configAt, "textFormat");
  readFormatExtras(format, at, extras);
  toOneOf(format["type"], ["json_schema"], childPath(at, "type"));
  const structureAt = childPath(at, "structure");
  const definition = readObject(readObject(format, "structure", at), "jsonSchema", structureAt);
  const definitionAt = childPath(structureAt, "jsonSchema");
  readDefinitionExtras(definition, definitionAt, extras);
  return {
    kind: "json_schema",
    schema: parseSchema(definition, definitionAt),
    name: readOptionalString(definition, "name", definitionAt),
    description: readOptionalString(definition, "description", definitionAt),
  };
}

const readFormatExtras = createExtrasReader("type structure");
const readDefinitionExtras = createExtrasReader("schema name description");

/** The schema is JSON in a string. */
function parseSchema(definition: JsonObject, at: JsonPath): JsonObject {
  const text = readString(definition, "schema", at);
  try {
    const schema: unknown = JSON.parse(text);
    if (isJsonObject(schema)) return schema;
  } catch {
    // What follows says it.
  }
  throw new CodecError("invalid_request", childPath(at, "schema"), "must be a JSON object in text");
}

function withEffort(
  reasoning: Reasoning | undefined,
  effort: string | undefined,
): Reasoning | undefined {
  const known = effortOf(effort);
  return known === undefined ? reasoning : { ...reasoning, effort: known };
}

function parseMetadata(body: JsonObject): ChatRequest["metadata"] {
  const metadata = readOptionalObject(body, "requestMetadata", ROOT);
  if (metadata === undefined) return undefined;
  const at = childPath(ROOT, "requestMetadata");
  const entries = Object.entries(metadata);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, toText(value, childPath(at, key))]),
  );
}

function parseServiceTier(body: JsonObject, extras: Extra[]): string | undefined {
  const tier = readOptionalObject(body, "serviceTier", ROOT);
  if (tier === undefined) return undefined;
  const at = childPath(ROOT, "serviceTier");
  readTierExtras(tier, at, extras);
  return readOptionalString(tier, "type", at);
}

const readTierExtras = createExtrasReader("type");
