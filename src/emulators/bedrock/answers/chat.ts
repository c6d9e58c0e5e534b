// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html

import type { JsonObject } from "../../json.ts";
import { isJsonObject, numberOf, objectsOf, shown } from "../../json.ts";
import type { Shape } from "../shapes.ts";
import {
  anything,
  boolean,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  structure,
  text,
  textOr,
  typed,
} from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import type { Answer, Asked, ForcedTool } from "./reply.ts";
import { idFrom, lastQuestion, objectOf, replyTo, stringsOf } from "./reply.ts";

const part = typed({
  text: structure({ text: text() }, ["text"]),
  image_url: structure({ image_url: textOr(object) }, ["image_url"]),
});

const call = structure(
  {
    id: text({ min: 1 }),
    type: oneOf(["function"]),
    index: integer({ min: 0 }),
    function: structure({ name: text({ min: 1 }), arguments: text() }, ["name", "arguments"]),
  },
  ["id", "function"],
);

const message = structure(
  {
    role: oneOf(["system", "developer", "user", "assistant", "tool"]),
    content: textOr(list(part)),
    name: text(),
    tool_calls: list(call),
    tool_call_id: text({ min: 1 }),
    reasoning_content: text(),
    refusal: text(),
  },
  ["role"],
);

const tool: Shape = structure(
  {
    type: oneOf(["function"]),
    function: structure(
      {
        name: text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }),
        description: text(),
        parameters: object,
        strict: boolean,
      },
      ["name"],
    ),
  },
  ["type", "function"],
);

const RECORD = structure(
  {
    messages: list(message, { min: 1 }),
    max_completion_tokens: integer({ min: 1 }),
    max_tokens: integer({ min: 1 }),
    temperature: number({ min: 0, max: 2 }),
    top_p: number({ min: 0, max: 1 }),
    frequency_penalty: number({ min: -2, max: 2 }),
    presence_penalty: number({ min: -2, max: 2 }),
    stop: textOr(list(text(), { max: 4 })),
    seed: integer(),
    n: integer({ min: 1, max: 1 }),
    logprobs: boolean,
    top_logprobs: integer({ min: 0, max: 20 }),
    logit_bias: map(text(), number()),
    user: text(),
    metadata: map(text(), text()),
    reasoning_effort: oneOf(["none", "minimal", "low", "medium", "high"]),
    response_format: typed({
      text: structure({}),
      json_object: structure({}),
      json_schema: structure({ json_schema: object }, ["json_schema"]),
    }),
    tools: list(tool),
    tool_choice: textOr(
      structure({ type: oneOf(["function"]), function: structure({ name: text() }, ["name"]) }, [
        "type",
        "function",
      ]),
      oneOf(["auto", "none", "required", "any"]),
    ),
    parallel_tool_calls: boolean,
    stream_options: anything,
    safe_prompt: boolean,
    top_k: integer({ min: 0 }),
  },
  ["messages"],
);

/** A call may name the model and say whether it streams, as OpenAI's own do; its path decides. */
const CALL = { ...RECORD, members: { ...RECORD.members, model: text(), stream: boolean } };

const REASONS = { end: "stop", length: "length", stop: "stop", call: "tool_calls" };

/** OpenAI's chat completions, as gpt-oss, Qwen, DeepSeek, Kimi and the newer of Mistral's take them. */
export function answerChat(body: JsonObject, asked: Asked): Answer {
  check(asked.inBatch ? RECORD : CALL, body, schemaWording);
  const { stop, max_completion_tokens: limit = body["max_tokens"] } = body;
  const wish = {
    question: lastQuestion(objectsOf(body["messages"])),
    maxTokens: numberOf(limit, Number.POSITIVE_INFINITY),
    stops: typeof stop === "string" ? [stop] : stringsOf(stop),
    schema: schemaOf(body),
    tool: forcedTool(body),
  };
  const reply = replyTo(body, wish, asked);
  const { input, output } = reply.tokens;
  const calls = reply.call === null ? {} : { tool_calls: [renderCall(reply.call, reply.dice)] };
  return {
    tokens: reply.tokens,
    body: {
      id: `chatcmpl-${idFrom(reply.dice, 24)}`,
      object: "chat.completion",
      created: CREATED,
      model: asked.model.id,
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: reply.call === null ? reply.text : null,
            refusal: null,
            ...calls,
          },
          finish_reason: REASONS[reply.reason],
        },
      ],
      usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    },
  };
}

/** One second in 2025: an answer depends on its request alone. */
const CREATED = 1_750_000_000;

type Drawn = Parameters<typeof idFrom>[0];

function renderCall(made: { readonly name: string; readonly input: unknown }, dice: Drawn) {
  const { name, input } = made;
  return {
    id: `call_${idFrom(dice, 24)}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  };
}

function schemaOf(body: JsonObject) {
  const { type, json_schema: named } = objectOf(body["response_format"]);
  if (type === "json_object") return { type: "object" };
  return type === "json_schema" ? (objectOf(named)["schema"] ?? {}) : undefined;
}

function forcedTool({ tools, tool_choice: choice }: JsonObject): ForcedTool | null {
  const offered = objectsOf(tools).map((one) => objectOf(one["function"]));
  const wanted = isJsonObject(choice) ? shown(objectOf(choice["function"])["name"]) : null;
  const isForced = wanted !== null || choice === "required" || choice === "any";
  const chosen = offered.find(({ name }) => isForced && (wanted === null || name === wanted));
  if (chosen === undefined) return null;
  return { name: shown(chosen["name"]), schema: chosen["parameters"] ?? {} };
}
