import type { JsonObject } from "../../../src/core/json.ts";

export const text = (value: string, more: JsonObject = {}): JsonObject => ({
  type: "output_text",
  text: value,
  annotations: [],
  logprobs: [],
  ...more,
});

export const message = (id: string, ...content: readonly JsonObject[]): JsonObject => ({
  id,
  type: "message",
  status: "completed",
  role: "assistant",
  content,
});

export const response = (output: readonly JsonObject[], fields: JsonObject = {}): JsonObject => ({
  id: "resp_1",
  object: "response",
  created_at: 1_741_570_283,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "gpt-4o-2024-08-06",
  output,
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 30,
  },
  service_tier: "default",
  instructions: null,
  metadata: { a: "b" },
  parallel_tool_calls: false,
  temperature: 0.5,
  tool_choice: "required",
  tools: [{ type: "function", name: "f", parameters: {}, strict: true }],
  top_p: 0.9,
  max_output_tokens: 20,
  truncation: "disabled",
  ...fields,
});

/** Responses that come out of the hub as they went in, but for the ids of items. */
export const RESPONSES: Readonly<Record<string, JsonObject>> = {
  "a text and the request's settings": response([message("msg_1", text("Hi"))]),
  "thinking, a text with citations, and calls": response([
    {
      id: "rs_7",
      type: "reasoning",
      summary: [
        { type: "summary_text", text: "a" },
        { type: "summary_text", text: "b" },
      ],
      encrypted_content: "enc",
    },
    { id: "rs_8", type: "reasoning", summary: [], encrypted_content: "enc" },
    message(
      "msg_1",
      text("See", {
        annotations: [
          {
            type: "url_citation",
            url: "https://example.com",
            title: "T",
            start_index: 0,
            end_index: 3,
          },
        ],
      }),
      text("Bye"),
    ),
    {
      id: "fc_1",
      type: "function_call",
      call_id: "c1",
      name: "f",
      status: "completed",
      arguments: '{"a":1.0}',
    },
    {
      id: "ctc_1",
      type: "custom_tool_call",
      call_id: "c2",
      name: "run",
      status: "completed",
      input: "x",
    },
  ]),
  "a refusal": response([message("msg_1", { type: "refusal", refusal: "No." })]),
  "the limit": response([message("msg_1", text("Once"))], {
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  }),
  "a filter": response([], {
    status: "incomplete",
    incomplete_details: { reason: "content_filter" },
  }),
  "a cancel": response([], { status: "cancelled" }),
  "hosted tools": response([
    {
      id: "ws_1",
      type: "web_search_call",
      status: "completed",
      action: { type: "search", query: "x" },
    },
    message("msg_1", text("Found")),
  ]),
  logprobs: response([
    message(
      "msg_1",
      text("Hi", {
        logprobs: [{ token: "Hi", logprob: -0.5, bytes: [72, 105], top_logprobs: [] }],
      }),
    ),
  ]),
};
