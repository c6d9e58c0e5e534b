import type { JsonObject } from "../../../src/core/json.ts";

interface Crossing {
  readonly responses: JsonObject;
  readonly chat: JsonObject;
  readonly toChatWarnings?: readonly string[];
  /** Only from Responses to chat. */
  readonly isOneWay?: boolean;
}

const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
const hello = { type: "message", role: "user", content: "Hello" };

/** One request in both of OpenAI's chat APIs. */
export const CROSSINGS: Readonly<Record<string, Crossing>> = {
  "a text": {
    responses: { model: "gpt-4o", input: [hello] },
    chat: { model: "gpt-4o", messages: [{ role: "user", content: "Hello" }] },
  },
  "system text, images and files": {
    responses: {
      model: "gpt-4o",
      instructions: "Be brief.",
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "Look" },
            { type: "input_image", image_url: "https://example.com/a.png", detail: "high" },
            {
              type: "input_file",
              filename: "a.pdf",
              file_data: "data:application/pdf;base64,AA==",
            },
            { type: "input_file", file_id: "file-1" },
          ],
        },
        { type: "message", role: "assistant", content: "Nice" },
        { type: "message", role: "developer", content: "Now in French" },
      ],
    },
    chat: {
      model: "gpt-4o",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "high" } },
            {
              type: "file",
              file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
            },
            { type: "file", file: { file_id: "file-1" } },
          ],
        },
        { role: "assistant", content: "Nice" },
        { role: "developer", content: "Now in French" },
      ],
    },
  },
  "tools, calls that belong together, and results": {
    responses: {
      model: "gpt-4o",
      input: [
        hello,
        { type: "message", role: "assistant", content: "I will." },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
        { type: "function_call", call_id: "c2", name: "f", arguments: "{}" },
        { type: "custom_tool_call", call_id: "c3", name: "run", input: "x" },
        { type: "function_call_output", call_id: "c1", output: "1" },
        { type: "function_call_output", call_id: "c2", output: "2" },
        { type: "custom_tool_call_output", call_id: "c3", output: "3" },
      ],
      tools: [
        { type: "function", name: "f", description: "F", parameters: schema, strict: true },
        {
          type: "custom",
          name: "run",
          format: { type: "grammar", syntax: "regex", definition: ".+" },
        },
      ],
      tool_choice: { type: "custom", name: "run" },
      parallel_tool_calls: true,
    },
    chat: {
      model: "gpt-4o",
      messages: [
        { role: "user", content: "Hello" },
        {
          role: "assistant",
          content: "I will.",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "f", arguments: "{}" } },
            { id: "c2", type: "function", function: { name: "f", arguments: "{}" } },
            { id: "c3", type: "custom", custom: { name: "run", input: "x" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "1" },
        { role: "tool", tool_call_id: "c2", content: "2" },
        { role: "tool", tool_call_id: "c3", content: "3" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "f", description: "F", parameters: schema, strict: true },
        },
        {
          type: "custom",
          custom: {
            name: "run",
            format: { type: "grammar", grammar: { syntax: "regex", definition: ".+" } },
          },
        },
      ],
      tool_choice: { type: "custom", custom: { name: "run" } },
      parallel_tool_calls: true,
    },
  },
  "a message in the middle of calls, which must stay with their results": {
    isOneWay: true,
    responses: {
      model: "gpt-4o",
      input: [
        hello,
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
        { type: "message", role: "assistant", content: "Wait" },
        { type: "function_call", call_id: "c2", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "1" },
        { type: "function_call_output", call_id: "c2", output: "2" },
        { type: "message", role: "assistant", content: "One" },
        { type: "message", role: "assistant", content: "Two" },
      ],
    },
    chat: {
      model: "gpt-4o",
      messages: [
        { role: "user", content: "Hello" },
        {
          role: "assistant",
          content: "Wait",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "f", arguments: "{}" } },
            { id: "c2", type: "function", function: { name: "f", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "1" },
        { role: "tool", tool_call_id: "c2", content: "2" },
        { role: "assistant", content: "One" },
        { role: "assistant", content: "Two" },
      ],
    },
  },
  "OpenAI's own thinking and an image in its original size": {
    isOneWay: true,
    toChatWarnings: ["input[].content[].detail", "input[]"],
    responses: {
      model: "gpt-4o",
      input: [
        {
          role: "user",
          content: [
            { type: "input_image", image_url: "https://example.com/a.png", detail: "original" },
          ],
        },
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "enc" },
        { type: "message", role: "assistant", content: "Hi" },
        hello,
      ],
    },
    chat: {
      model: "gpt-4o",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "high" } },
          ],
        },
        { role: "assistant", content: "Hi" },
        { role: "user", content: "Hello" },
      ],
    },
  },
  "JSON, and the settings that both have": {
    responses: {
      model: "gpt-4o",
      input: [hello],
      text: {
        format: { type: "json_schema", name: "n", schema, strict: true },
        verbosity: "low",
      },
      reasoning: { effort: "low" },
      max_output_tokens: 99,
      temperature: 0.1,
      top_p: 0.2,
      top_logprobs: 2,
      include: ["message.output_text.logprobs"],
      prompt_cache_key: "k",
      user: "u",
      metadata: { a: "b" },
      store: true,
      service_tier: "flex",
    },
    chat: {
      model: "gpt-4o",
      messages: [{ role: "user", content: "Hello" }],
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", schema, strict: true },
      },
      verbosity: "low",
      reasoning_effort: "low",
      max_completion_tokens: 99,
      temperature: 0.1,
      top_p: 0.2,
      logprobs: true,
      top_logprobs: 2,
      prompt_cache_key: "k",
      user: "u",
      metadata: { a: "b" },
      store: true,
      service_tier: "flex",
    },
  },
};
