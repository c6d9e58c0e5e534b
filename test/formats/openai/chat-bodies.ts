import type { JsonObject } from "../../../src/core/json.ts";

const PNG = "iVBORw0KGgo=";

const messages = (...list: readonly JsonObject[]): JsonObject => ({
  model: "gpt-4o",
  messages: list,
});

const withTool = (fields: JsonObject): JsonObject => ({
  model: "gpt-4o",
  messages: [{ role: "user", content: "What is the weather in Paris?" }],
  tools: [
    {
      type: "function",
      function: {
        name: "weather",
        description: "The weather of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        strict: false,
      },
    },
  ],
  ...fields,
});

/** Bodies that come out of the hub as they went in. */
export const CHAT_BODIES: Readonly<Record<string, JsonObject>> = {
  "one text": messages({ role: "user", content: "Hello" }),
  "an empty text": messages({ role: "user", content: "" }),
  "unicode, escapes and a lone surrogate": messages({
    role: "user",
    content: 'ü \u2028 \u0000 "\\ 😀 \ud800',
  }),
  "system and developer text in their places": messages(
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello", name: "ann" },
    {
      role: "developer",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
    { role: "assistant", content: "Hi", name: "bot" },
    { role: "user", content: "Bye" },
  ),
  "images, files and sound": messages({
    role: "user",
    content: [
      { type: "text", text: "Look" },
      { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
      { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } },
      { type: "file", file: { file_id: "file-1" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
    ],
  }),
  "marks of the prompt cache": messages({
    role: "user",
    content: [
      { type: "text", text: "Long", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "text", text: "Short" },
    ],
  }),
  "marks of Anthropic's cache for a compatible host": {
    ...messages(
      {
        role: "user",
        content: [
          { type: "text", text: "Long", cache_control: { type: "ephemeral", ttl: "1h" } },
          {
            type: "image_url",
            image_url: { url: "https://example.com/a.png", detail: "high" },
          },
        ],
      },
      {
        role: "assistant",
        content: [{ type: "text", text: "Ok", prompt_cache_breakpoint: { mode: "explicit" } }],
      },
      { role: "user", content: "More" },
    ),
    tools: [{ type: "function", function: { name: "f" }, cache_control: { type: "ephemeral" } }],
  },
  "parallel calls, null content, results and free text": {
    model: "gpt-4o",
    messages: [
      { role: "user", content: "Do it" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "weather", arguments: '{"a":1.0}' } },
          { id: "call_2", type: "function", function: { name: "weather", arguments: "{not json" } },
          { id: "call_3", type: "custom", custom: { name: "run", input: "print(1)" } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
      {
        role: "tool",
        tool_call_id: "call_2",
        content: [
          { type: "text", text: "rain" },
          { type: "text", text: "wind" },
        ],
      },
      { role: "tool", tool_call_id: "call_3", content: "1" },
      { role: "user", content: "Thanks" },
    ],
    tools: [
      { type: "function", function: { name: "weather" } },
      {
        type: "custom",
        custom: {
          name: "run",
          description: "Runs Python",
          format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /.+/" } },
        },
      },
    ],
    tool_choice: { type: "custom", custom: { name: "run" } },
  },
  "a refusal of before": messages(
    { role: "user", content: "Bad" },
    { role: "assistant", content: null, refusal: "I can't help with that." },
    { role: "user", content: "Good" },
  ),
  "thinking given back to a compatible host": messages(
    { role: "user", content: "Think" },
    {
      role: "assistant",
      content: "Done",
      reasoning_content: "First, …",
      thinking_blocks: [
        { type: "thinking", thinking: "First, …", signature: "sig" },
        { type: "redacted_thinking", data: "xyz" },
      ],
    },
    { role: "user", content: "More" },
  ),
  "a Gemini signature at a call": messages(
    { role: "user", content: "Go" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        {
          id: "c1",
          type: "function",
          function: { name: "f", arguments: "{}" },
          extra_content: { google: { thought_signature: "c2ln" } },
        },
      ],
    },
    { role: "tool", tool_call_id: "c1", content: "ok" },
  ),
  "an earlier spoken answer": messages(
    { role: "user", content: "Say it" },
    { role: "assistant", content: null, audio: { id: "audio_1" } },
    { role: "user", content: "Again" },
  ),
  "no tool at all": withTool({ tool_choice: "none" }),
  "some tool": withTool({ tool_choice: "required", parallel_tool_calls: false }),
  "a named tool": withTool({ tool_choice: { type: "function", function: { name: "weather" } } }),
  "allowed tools": withTool({
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: {
        mode: "required",
        tools: [{ type: "function", function: { name: "weather" } }],
      },
    },
  }),
  "JSON of any shape": {
    ...messages({ role: "user", content: "Answer in JSON" }),
    response_format: { type: "json_object" },
  },
  "JSON of a schema": {
    ...messages({ role: "user", content: "Who?" }),
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "person",
        description: "Somebody",
        schema: {
          $defs: { name: { type: "string" } },
          type: "object",
          properties: { name: { $ref: "#/$defs/name" }, age: { type: ["integer", "null"] } },
          required: ["name", "age"],
          additionalProperties: false,
        },
        strict: true,
      },
    },
  },
  "every other setting": {
    ...messages({ role: "user", content: "Hello" }),
    max_completion_tokens: 100,
    stop: ["a", "b"],
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
    seed: 7,
    presence_penalty: 0.1,
    frequency_penalty: -0.1,
    n: 2,
    logprobs: true,
    top_logprobs: 3,
    logit_bias: { "50256": -100 },
    reasoning_effort: "low",
    verbosity: "high",
    prompt_cache_key: "k",
    user: "u1",
    metadata: { a: "b" },
    store: true,
    service_tier: "flex",
  },
  "fields that the hub has no word for": {
    ...messages({ role: "user", content: "Hello" }),
    modalities: ["text", "audio"],
    audio: { voice: "alloy", format: "wav" },
    prediction: { type: "content", content: "Hello" },
    web_search_options: {},
    prompt_cache_options: { mode: "explicit" },
    user: "u1",
    safety_identifier: "s1",
    guided_json: { type: "object" },
  },
};
