import type { FormatName } from "../../src/core/format-name.ts";
import type { Endpoint } from "../../src/core/lines.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { ChatKind } from "./chat-fixtures.ts";
import { specProblem } from "./specs.ts";

/** A way to write a chat: an API, and where it has several bodies, which. */
export interface Accent {
  readonly format: FormatName;
  readonly endpoint: Endpoint;
  readonly variant: string | null;
  /** The model that a fixture means if it names none. */
  readonly model: string;
  /** What is wrong with a body by the API's own schema; null if nothing is. */
  problem(kind: ChatKind, body: JsonObject): string | null;
}

const NOVA = "amazon.nova-lite-v1:0";
const CLAUDE_ON_BEDROCK = "anthropic.claude-sonnet-4-5-20250929-v1:0";

const ACCENTS: Readonly<Record<string, Accent>> = {
  openai: {
    format: "openai",
    endpoint: "chat",
    variant: null,
    model: "gpt-4.1-mini",
    problem: openaiProblem,
  },
  "openai-responses": {
    format: "openai",
    endpoint: "responses",
    variant: null,
    model: "gpt-4.1-mini",
    problem: (kind, body) =>
      specProblem("openai", kind === "request" ? "CreateResponse" : "Response", body),
  },
  anthropic: {
    format: "anthropic",
    endpoint: "chat",
    variant: null,
    model: "claude-sonnet-4-5",
    problem: anthropicProblem,
  },
  gemini: {
    format: "gemini",
    endpoint: "chat",
    variant: null,
    model: "gemini-2.5-flash",
    problem: (kind, body) =>
      specProblem(
        "gemini",
        kind === "request" ? "GenerateContentRequest" : "GenerateContentResponse",
        body,
      ),
  },
  bedrock: {
    format: "bedrock",
    endpoint: "chat",
    variant: "Converse",
    model: NOVA,
    problem: converseProblem,
  },
  "bedrock-nova": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: NOVA,
    // AWS has no schema of it: Converse's, with a version before it and without times.
    problem: (kind, { schemaVersion, ...body }) => {
      if (kind === "response") return converseProblem(kind, { metrics: { latencyMs: 0 }, ...body });
      if (schemaVersion !== "messages-v1") return "schemaVersion must be messages-v1";
      return converseProblem(kind, body);
    },
  },
  "bedrock-claude": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: CLAUDE_ON_BEDROCK,
    problem: (kind, body) => {
      if (kind === "response") return anthropicProblem(kind, body);
      const { anthropic_version: version, ...rest } = body;
      if (version !== "bedrock-2023-05-31") return "anthropic_version must be bedrock-2023-05-31";
      if (body["model"] !== undefined) return "model must not be there";
      return anthropicProblem(kind, { ...rest, model: "claude" });
    },
  },
  "bedrock-openai": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: "openai.gpt-oss-20b-1:0",
    problem: (kind, body) => {
      if (kind === "response") return openaiProblem(kind, body);
      if (body["model"] !== undefined) return "model must not be there";
      return openaiProblem(kind, { ...body, model: "gpt-oss" });
    },
  },
  "bedrock-llama": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: "meta.llama3-1-8b-instruct-v1:0",
    problem: (kind, body) =>
      kind === "request"
        ? membersProblem(body, ["prompt"], ["max_gen_len", "temperature", "top_p"])
        : membersProblem(
            body,
            ["generation", "stop_reason"],
            ["prompt_token_count", "generation_token_count"],
          ),
  },
  "bedrock-mistral": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: "mistral.mistral-7b-instruct-v0:2",
    problem: (kind, body) =>
      kind === "request"
        ? membersProblem(body, ["prompt"], ["max_tokens", "stop", "temperature", "top_p", "top_k"])
        : membersProblem(body, ["outputs"]),
  },
  "bedrock-mistral-chat": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: "mistral.mistral-large-2407-v1:0",
    problem: (kind, body) =>
      kind === "request"
        ? membersProblem(
            body,
            ["messages"],
            ["max_tokens", "temperature", "top_p", "tools", "tool_choice"],
          )
        : membersProblem(body, ["choices"]),
  },
  "bedrock-titan": {
    format: "bedrock",
    endpoint: "chat",
    variant: "InvokeModel",
    model: "amazon.titan-text-express-v1",
    problem: (kind, body) =>
      kind === "request"
        ? membersProblem(body, ["inputText"], ["textGenerationConfig"])
        : membersProblem(body, ["inputTextTokenCount", "results"]),
  },
};

/** AWS has no schemas of its models' own bodies: the members that its pages name, wanted ones first. */
function membersProblem(
  body: JsonObject,
  required: readonly string[],
  optional: readonly string[] = [],
): string | null {
  const missing = required.filter((key) => body[key] === undefined);
  const unknown = Object.keys(body).filter((key) => ![...required, ...optional].includes(key));
  if (missing.length === 0 && unknown.length === 0) return null;
  return `missing: ${missing.join(", ")}; unknown: ${unknown.join(", ")}`;
}

export function accentOf(name: string): Accent {
  const accent = ACCENTS[name];
  if (accent === undefined) throw new Error(`no API writes in the accent ${name}`);
  return accent;
}

function openaiProblem(kind: ChatKind, body: JsonObject): string | null {
  const name = kind === "request" ? "CreateChatCompletionRequest" : "CreateChatCompletionResponse";
  return specProblem("openai", name, body);
}

function anthropicProblem(kind: ChatKind, body: JsonObject): string | null {
  return specProblem("anthropic", kind === "request" ? "CreateMessageParams" : "Message", body);
}

function converseProblem(kind: ChatKind, body: JsonObject): string | null {
  return specProblem("bedrock", kind === "request" ? "ConverseRequest" : "ConverseResponse", body);
}
