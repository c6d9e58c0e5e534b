// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html

import type { JsonObject } from "../../json.ts";
import { objectsOf, shown } from "../../json.ts";
import type { ModelInfo } from "../models.ts";
import { streamClaude } from "./claude-stream.ts";
import { streamConverse } from "./converse-stream.ts";
import type { Answer } from "./reply.ts";
import { objectOf, tokensOf } from "./reply.ts";

/** What the chunks of a stream say. The last one has Bedrock's own metrics beside what the model says. */
export function* streamInvoke(model: ModelInfo, answer: Answer): Iterable<JsonObject> {
  let held: JsonObject | null = null;
  for (const chunk of chunksOf(model, answer.body)) {
    if (held !== null) yield held;
    held = chunk;
  }
  const metrics = {
    inputTokenCount: answer.tokens.input,
    outputTokenCount: answer.tokens.output,
    invocationLatency: 100,
    firstByteLatency: 10,
  };
  yield { ...held, "amazon-bedrock-invocationMetrics": metrics };
}

function chunksOf(model: ModelInfo, body: JsonObject): Iterable<JsonObject> {
  switch (model.family) {
    case "claude":
      return streamClaude(body);
    case "nova":
      return streamNova(body);
    case "llama":
      return streamLlama(body);
    case "titan":
      return streamTitan(body);
    case "mistral":
      return body["outputs"] === undefined ? streamChat(body) : streamMistral(body);
    case "chat":
      return streamChat(body);
    case "titan-embed-v1":
    case "titan-embed-v2":
    case "cohere-embed-v3":
    case "cohere-embed-v4":
      return [];
  }
}

function* streamNova(body: JsonObject): Iterable<JsonObject> {
  for (const [type, payload] of streamConverse(body)) yield { [type]: payload };
}

function* streamLlama(body: JsonObject): Iterable<JsonObject> {
  const tokens = tokensOf(shown(body["generation"]));
  for (const [index, generation] of tokens.entries()) {
    yield {
      generation,
      prompt_token_count: index === 0 ? (body["prompt_token_count"] ?? 0) : null,
      generation_token_count: index + 1,
      stop_reason: null,
    };
  }
  const { generation_token_count: count = 0, stop_reason: reason = null } = body;
  yield {
    generation: "",
    prompt_token_count: null,
    generation_token_count: count,
    stop_reason: reason,
  };
}

function* streamTitan(body: JsonObject): Iterable<JsonObject> {
  const [result = {}] = objectsOf(body["results"]);
  for (const outputText of tokensOf(shown(result["outputText"]))) {
    yield {
      outputText,
      index: 0,
      totalOutputTextTokenCount: null,
      completionReason: null,
      inputTextTokenCount: null,
    };
  }
  yield {
    outputText: "",
    index: 0,
    totalOutputTextTokenCount: result["tokenCount"] ?? 0,
    completionReason: result["completionReason"] ?? null,
    inputTextTokenCount: body["inputTextTokenCount"] ?? 0,
  };
}

function* streamMistral(body: JsonObject): Iterable<JsonObject> {
  const [output = {}] = objectsOf(body["outputs"]);
  for (const text of tokensOf(shown(output["text"]))) {
    yield { outputs: [{ text, stop_reason: null }] };
  }
  yield { outputs: [{ text: "", stop_reason: output["stop_reason"] ?? null }] };
}

function* streamChat(body: JsonObject): Iterable<JsonObject> {
  const { id = "", created = 0, model = "", usage = {} } = body;
  const head = { id, object: "chat.completion.chunk", created, model };
  const [choice = {}] = objectsOf(body["choices"]);
  const { content, tool_calls: calls } = objectOf(choice["message"]);
  const chunk = (delta: JsonObject, reason: string | null = null): JsonObject => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  yield chunk({ role: "assistant", content: "" });
  if (typeof content === "string") {
    for (const token of tokensOf(content)) yield chunk({ content: token });
  }
  for (const [index, call] of objectsOf(calls).entries()) {
    yield chunk({ tool_calls: [{ index, ...call }] });
  }
  yield { ...chunk({}, shown(choice["finish_reason"])), usage };
}
