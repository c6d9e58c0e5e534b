import type { JsonObject } from "../../../src/core/json.ts";

export const completion = (message: JsonObject, choice: JsonObject = {}): JsonObject => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_741_570_283,
  model: "gpt-4o-2024-08-06",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: null, refusal: null, ...message },
      logprobs: null,
      finish_reason: "stop",
      ...choice,
    },
  ],
});

/** Completions that come out of the hub as they went in. */
export const COMPLETIONS: Readonly<Record<string, JsonObject>> = {
  "one text": completion({ content: "Hi" }),
  "usage with every detail, tier and fingerprint": {
    ...completion({ content: "Hi" }),
    usage: {
      prompt_tokens: 10,
      completion_tokens: 20,
      total_tokens: 30,
      prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 1, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 15, audio_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: "fp_1",
  },
  "usage without details": {
    ...completion({ content: "Hi" }),
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  },
  "two choices": {
    ...completion({}),
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "a", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
      {
        index: 1,
        message: { role: "assistant", content: "b", refusal: null },
        logprobs: null,
        finish_reason: "length",
      },
    ],
  },
  "calls of both kinds": completion(
    {
      tool_calls: [
        { id: "c1", type: "function", function: { name: "f", arguments: '{"a": 1.0}' } },
        { id: "c2", type: "custom", custom: { name: "run", input: "x" } },
      ],
    },
    { finish_reason: "tool_calls" },
  ),
  "a forced call, which ends with a plain stop": completion({
    tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
  }),
  "a refusal": completion({ refusal: "No." }),
  "a filter": completion({ content: "Once" }, { finish_reason: "content_filter" }),
  logprobs: completion(
    { content: "Hi" },
    {
      logprobs: {
        content: [
          {
            token: "Hi",
            logprob: -0.5,
            bytes: [72, 105],
            top_logprobs: [{ token: "Ho", logprob: -1, bytes: [72, 111] }],
          },
        ],
        refusal: null,
      },
    },
  ),
  "citations of the web": completion({
    content: "See",
    annotations: [
      {
        type: "url_citation",
        url_citation: { url: "https://example.com", title: "T", start_index: 0, end_index: 3 },
      },
    ],
  }),
  sound: completion({
    content: "Hello there",
    audio: { id: "audio_1", expires_at: 1_741_570_300, data: "AAAA", transcript: "Hello there" },
  }),
  "thinking of a compatible host": completion({
    content: "Hi",
    reasoning_content: "Hm",
    thinking_blocks: [{ type: "thinking", thinking: "Hm", signature: "sig" }],
  }),
  "images of a compatible host": completion({
    images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
  }),
  "signatures of Gemini": completion({
    content: "Hi",
    tool_calls: [
      {
        id: "c1",
        type: "function",
        function: { name: "f", arguments: "{}" },
        extra_content: { google: { thought_signature: "a" } },
      },
    ],
    extra_content: { google: { thought_signature: "b" } },
  }),
};
