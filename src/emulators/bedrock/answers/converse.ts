// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

import type { Json, JsonObject } from "../../json.ts";
import { isJsonObject, numberOf, objectsOf, parseJson, shown } from "../../json.ts";
import { invalid } from "../bedrock-error.ts";
import { isEmbedding } from "../models.ts";
import { check, frontWording } from "../wordings.ts";
import { CONVERSE } from "./converse-shapes.ts";
import { checkTurns } from "./converse-turns.ts";
import type { Answer, Asked, ForcedTool, Reply } from "./reply.ts";
import { idFrom, lastQuestion, objectOf, replyTo, stringsOf } from "./reply.ts";

export function answerConverse(body: JsonObject, asked: Asked): Answer {
  if (isEmbedding(asked.model)) {
    throw invalid(
      "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    );
  }
  check(CONVERSE, body, frontWording);
  if (asked.inBatch && body["toolConfig"] !== undefined) {
    throw invalid("The toolConfig field is not supported in batch inference.");
  }
  const messages = objectsOf(body["messages"]).filter(({ role }) => role !== "system");
  checkTurns(messages, body["toolConfig"] !== undefined);
  const config = objectOf(body["inferenceConfig"]);
  const wish = {
    question: lastQuestion(messages),
    maxTokens: numberOf(config["maxTokens"], Number.POSITIVE_INFINITY),
    stops: stringsOf(config["stopSequences"]),
    schema: schemaOf(body),
    tool: forcedTool(objectOf(body["toolConfig"])),
  };
  const reply = replyTo(body, wish, asked);
  const { input, output } = reply.tokens;
  const thoughts = isThinking(body) ? [thoughtsOf(wish.question)] : [];
  return {
    tokens: reply.tokens,
    body: {
      output: {
        message: { role: "assistant", content: [...thoughts, ...renderConverseContent(reply)] },
      },
      stopReason: CONVERSE_REASONS[reply.reason],
      usage: {
        inputTokens: input,
        outputTokens: output,
        totalTokens: input + output,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 0,
      },
      metrics: { latencyMs: 100 + reply.dice.roll(900) },
    },
  };
}

/** As Nova says it too. */
export const CONVERSE_REASONS = {
  end: "end_turn",
  length: "max_tokens",
  stop: "stop_sequence",
  call: "tool_use",
} as const satisfies Record<Reply["reason"], string>;

export function renderConverseContent({ text, call, dice }: Reply): readonly JsonObject[] {
  if (call === null) return text === "" ? [] : [{ text }];
  return [{ toolUse: { toolUseId: `tooluse_${idFrom(dice, 22)}`, ...call } }];
}

/** The tool that the choice leaves no way around. */
export function forcedTool({ tools, toolChoice }: JsonObject): ForcedTool | null {
  const offered = objectsOf(tools).map((tool) => objectOf(tool["toolSpec"]));
  const { any, tool } = objectOf(toolChoice);
  if (isJsonObject(tool) && !offered.some(({ name }) => name === tool["name"])) {
    throw invalid(
      `The toolChoice names ${shown(tool["name"])}, which is none of the tools in the toolConfig field.`,
    );
  }
  const chosen = offered.find(({ name }) =>
    isJsonObject(tool) ? name === tool["name"] : name !== undefined && any !== undefined,
  );
  if (chosen === undefined) return null;
  return { name: shown(chosen["name"]), schema: objectOf(chosen["inputSchema"])["json"] ?? {} };
}

function schemaOf(body: JsonObject): Json | undefined {
  const format = objectOf(objectOf(body["outputConfig"])["textFormat"]);
  const { schema } = objectOf(objectOf(format["structure"])["jsonSchema"]);
  if (typeof schema !== "string") return undefined;
  try {
    const parsed = parseJson(schema);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw invalid("The schema in outputConfig.textFormat is not a JSON object.");
}

function isThinking(body: JsonObject): boolean {
  const { thinking } = objectOf(body["additionalModelRequestFields"]);
  return isJsonObject(thinking) && thinking["type"] !== "disabled";
}

function thoughtsOf(question: string): JsonObject {
  const text = `The question is “${question.slice(0, 40)}”. I add two numbers.`;
  const signature = Buffer.from(`emulator:${text.length}`).toString("base64");
  return { reasoningContent: { reasoningText: { text, signature } } };
}
