import type { JsonObject } from "../../../src/core/json.ts";

const input = (...items: readonly JsonObject[]): JsonObject => ({ model: "gpt-4o", input: items });
const hello = { type: "message", role: "user", content: "Hello" };

/** Bodies that come out of the hub as they went in. */
export const RESPONSES_BODIES: Readonly<Record<string, JsonObject>> = {
  "one text": input(hello),
  "instructions before the input": { ...input(hello), instructions: "Be brief." },
  "system and developer items": input(
    { type: "message", role: "developer", content: "Be brief." },
    hello,
    {
      type: "message",
      role: "system",
      content: [
        { type: "input_text", text: "a" },
        { type: "input_text", text: "b" },
      ],
    },
  ),
  "images and files": input({
    type: "message",
    role: "user",
    content: [
      { type: "input_text", text: "Look", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "input_image", image_url: "https://example.com/a.png", detail: "original" },
      { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
      { type: "input_image", file_id: "file-1", detail: "low" },
      { type: "input_file", file_id: "file-2" },
      { type: "input_file", file_url: "https://example.com/a.pdf" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
    ],
  }),
  "thinking, calls of both kinds and their results": {
    ...input(
      hello,
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "First" },
          { type: "summary_text", text: "Second" },
        ],
        encrypted_content: "enc",
      },
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "enc2" },
      { type: "message", role: "assistant", content: "I will." },
      { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1.0}' },
      { type: "custom_tool_call", call_id: "c2", name: "run", input: "print(1)" },
      { type: "function_call_output", call_id: "c1", output: "ok" },
      {
        type: "custom_tool_call_output",
        call_id: "c2",
        output: [{ type: "input_image", image_url: "https://example.com/a.png", detail: "auto" }],
      },
    ),
    tools: [
      {
        type: "function",
        name: "f",
        description: "F",
        parameters: { type: "object" },
        strict: true,
      },
      { type: "function", name: "g", parameters: { type: "object" }, strict: null },
      {
        type: "custom",
        name: "run",
        format: { type: "grammar", syntax: "lark", definition: "start: /.+/" },
      },
    ],
    tool_choice: { type: "function", name: "f" },
    parallel_tool_calls: false,
  },
  "an assistant that said nothing": input(
    hello,
    { type: "message", role: "assistant", content: "" },
    hello,
  ),
  "hosted tools and what they left behind": {
    ...input(
      hello,
      {
        type: "web_search_call",
        id: "ws_1",
        status: "completed",
        action: { type: "search", query: "x" },
      },
      { type: "message", role: "assistant", content: "Found" },
      { type: "item_reference", id: "msg_1" },
      hello,
    ),
    tools: [{ type: "web_search_preview" }, { type: "code_interpreter", container: "c" }],
    tool_choice: { type: "web_search_preview" },
  },
  "allowed tools": {
    ...input(hello),
    tools: [{ type: "function", name: "f", parameters: { type: "object" }, strict: false }],
    tool_choice: {
      type: "allowed_tools",
      mode: "auto",
      tools: [{ type: "function", name: "f" }],
    },
  },
  "JSON of a schema": {
    ...input(hello),
    text: {
      format: {
        type: "json_schema",
        name: "n",
        description: "d",
        schema: { type: "object" },
        strict: false,
      },
      verbosity: "low",
    },
  },
  "every other setting": {
    ...input(hello),
    max_output_tokens: 16,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 2,
    include: ["file_search_call.results", "message.output_text.logprobs"],
    reasoning: { effort: "low", summary: "concise" },
    prompt_cache_key: "k",
    user: "u",
    safety_identifier: "s",
    metadata: { a: "b" },
    store: false,
    service_tier: "flex",
  },
  "what only OpenAI has": {
    ...input(hello),
    previous_response_id: "resp_1",
    background: true,
    truncation: "auto",
    max_tool_calls: 3,
    context_management: [{ type: "compaction" }],
    prompt_cache_options: { mode: "explicit" },
  },
  "a stored conversation and a template": {
    ...input(hello),
    conversation: "conv_1",
    prompt: { id: "pmpt_1" },
  },
};
