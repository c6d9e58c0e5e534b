// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html

import type { JsonObject } from "../../json.ts";
import { isJsonObject, objectsOf } from "../../json.ts";
import { objectOf, tokensOf } from "./reply.ts";

type StreamEvent = readonly [type: string, payload: JsonObject];

/** A Converse answer, or one of Nova's, event by event. */
export function* streamConverse(answer: JsonObject): Iterable<StreamEvent> {
  const { content } = objectOf(objectOf(answer["output"])["message"]);
  yield ["messageStart", { role: "assistant" }];
  for (const [contentBlockIndex, block] of objectsOf(content).entries()) {
    const { toolUse } = block;
    if (isJsonObject(toolUse)) {
      const { toolUseId = "", name = "" } = toolUse;
      const start = { toolUse: { toolUseId, name } };
      yield ["contentBlockStart", { start, contentBlockIndex }];
    }
    for (const delta of deltasOf(block)) {
      yield ["contentBlockDelta", { delta, contentBlockIndex }];
    }
    yield ["contentBlockStop", { contentBlockIndex }];
  }
  yield ["messageStop", { stopReason: answer["stopReason"] ?? "" }];
  const { usage = {}, metrics = { latencyMs: 1 } } = answer;
  yield ["metadata", { usage, metrics }];
}

function* deltasOf({ text, toolUse, reasoningContent }: JsonObject): Iterable<JsonObject> {
  if (typeof text === "string") {
    for (const token of tokensOf(text)) yield { text: token };
  }
  if (isJsonObject(toolUse)) {
    for (const input of tokensOf(JSON.stringify(toolUse["input"]))) yield { toolUse: { input } };
  }
  const { text: thought, signature = "" } = objectOf(objectOf(reasoningContent)["reasoningText"]);
  if (typeof thought !== "string") return;
  for (const token of tokensOf(thought)) yield { reasoningContent: { text: token } };
  yield { reasoningContent: { signature } };
}
