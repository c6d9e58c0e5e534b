// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html

import type { Shape } from "../shapes.ts";
import {
  anything,
  blob,
  boolean,
  integer,
  list,
  number,
  object,
  oneOf,
  structure,
  text,
  textOr,
  typed,
} from "../shapes.ts";

const ID = text({ pattern: /^[a-zA-Z0-9_-]+$/ });
const cacheControl = typed({ ephemeral: structure({ ttl: oneOf(["5m", "1h"]) }) });

const textBlock = structure(
  { text: text(), cache_control: cacheControl, citations: list(object) },
  ["text"],
);

/** On Bedrock media come as bytes: addresses and the files of Anthropic's own API are unknown there. */
const bytes = (mediaTypes: readonly string[]): Shape =>
  structure({ media_type: oneOf(mediaTypes), data: blob }, ["media_type", "data"]);

const image = structure(
  {
    source: typed({ base64: bytes(["image/jpeg", "image/png", "image/gif", "image/webp"]) }),
    cache_control: cacheControl,
  },
  ["source"],
);

const citations = structure({ enabled: boolean });

const document = structure(
  {
    source: typed({
      base64: bytes(["application/pdf"]),
      text: structure({ media_type: oneOf(["text/plain"]), data: text() }, ["media_type", "data"]),
      content: structure({ content: textOr(list(typed({ text: textBlock, image }))) }, ["content"]),
    }),
    title: text({ max: 500 }),
    context: text({ min: 1 }),
    citations,
    cache_control: cacheControl,
  },
  ["source"],
);

const searchResult = structure(
  {
    source: text(),
    title: text(),
    content: list(typed({ text: textBlock })),
    citations,
    cache_control: cacheControl,
  },
  ["source", "title", "content"],
);

const contentBlock = typed({
  text: textBlock,
  image,
  document,
  search_result: searchResult,
  thinking: structure({ thinking: text(), signature: text() }, ["thinking", "signature"]),
  redacted_thinking: structure({ data: text() }, ["data"]),
  tool_use: structure(
    { id: ID, name: text({ min: 1, max: 200 }), input: object, cache_control: cacheControl },
    ["id", "name", "input"],
  ),
  tool_result: structure(
    {
      tool_use_id: ID,
      content: textOr(
        list(typed({ text: textBlock, image, document, search_result: searchResult })),
      ),
      is_error: boolean,
      cache_control: cacheControl,
    },
    ["tool_use_id"],
  ),
});

const SERVER_TOOLS = [
  "bash_20241022",
  "bash_20250124",
  "computer_20241022",
  "computer_20250124",
  "computer_20251124",
  "memory_20250818",
  "text_editor_20241022",
  "text_editor_20250124",
  "text_editor_20250429",
  "text_editor_20250728",
  "tool_search_tool_regex",
];

const tool = typed(
  {
    custom: structure(
      {
        name: text({ min: 1, max: 128, pattern: /^[a-zA-Z0-9_-]{1,128}$/ }),
        description: text(),
        input_schema: object,
        cache_control: cacheControl,
        strict: boolean,
        defer_loading: boolean,
        input_examples: list(object),
      },
      ["name", "input_schema"],
    ),
    ...Object.fromEntries(SERVER_TOOLS.map((type) => [type, object])),
  },
  "custom",
);

const parallel = { disable_parallel_tool_use: boolean };

export const CLAUDE = structure(
  {
    anthropic_version: oneOf(["bedrock-2023-05-31"]),
    anthropic_beta: list(text()),
    max_tokens: integer({ min: 1 }),
    messages: list(
      structure({ role: oneOf(["user", "assistant"]), content: textOr(list(contentBlock)) }, [
        "role",
        "content",
      ]),
    ),
    system: textOr(list(typed({ text: textBlock }))),
    stop_sequences: list(text()),
    temperature: number({ min: 0, max: 1 }),
    top_p: number({ min: 0, max: 1 }),
    top_k: integer({ min: 0 }),
    metadata: structure({ user_id: text({ max: 512 }) }),
    context_management: object,
    thinking: typed({
      enabled: structure({ budget_tokens: integer({ min: 1_024 }), display: anything }, [
        "budget_tokens",
      ]),
      adaptive: structure({ display: anything }),
      disabled: structure({}),
    }),
    output_config: structure({
      effort: oneOf(["low", "medium", "high", "xhigh", "max"]),
      format: typed({ json_schema: structure({ schema: object }, ["schema"]) }),
    }),
    tools: list(tool),
    tool_choice: typed({
      auto: structure(parallel),
      any: structure(parallel),
      tool: structure({ ...parallel, name: text() }, ["name"]),
      none: structure({}),
    }),
  },
  ["anthropic_version", "max_tokens", "messages"],
);
