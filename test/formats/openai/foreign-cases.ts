import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { AssistantPart, ToolResultPart, UserPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { place, userText } from "./translated.ts";

export const at = place("messages", 0, "content", 0);
export const user = (...parts: readonly UserPart[]): Message => ({
  kind: "user",
  at: place("messages", 0),
  parts,
});
export const assistant = (...parts: readonly AssistantPart[]): Message => ({
  kind: "assistant",
  at: place("messages", 1),
  parts,
});
export const tool = (...parts: readonly ToolResultPart[]): Message => ({
  kind: "tool",
  at: place("messages", 2),
  parts,
});
export const text = (value: string) => ({ kind: "text", text: value, at }) as const;
export const call = (id: string) =>
  ({ kind: "tool_call", id, name: "f", input: { kind: "object", value: { a: 1 } }, at }) as const;
export const result = (callId: string, ...content: ToolResultPart["content"]) =>
  ({ kind: "tool_result", callId, name: "f", content, isError: false, at }) as const;
const schema = {
  type: "object",
  properties: { a: { type: "number" } },
  required: ["a"],
  additionalProperties: false,
};

export interface ForeignCase {
  readonly request: Partial<ChatRequest>;
  readonly model?: string;
  /** What the body holds besides the model and, unless they are here, one user text and `store: false`. */
  readonly chat?: JsonObject;
  readonly responses?: JsonObject;
  readonly chatWarnings?: readonly string[];
  readonly responsesWarnings?: readonly string[];
}

/** Requests as other families' codecs read them, and what both writers make of them beyond the model. */
export const FOREIGN_CASES: Readonly<Record<string, ForeignCase>> = {
  "system text, first and in the middle": {
    request: {
      messages: [
        { kind: "system", role: "system", at: place("system"), parts: [text("Be brief.")] },
        userText("Hello"),
        { kind: "system", role: "system", at: place("system"), parts: [text("Be kind.")] },
      ],
    },
    chat: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
        { role: "system", content: "Be kind." },
      ],
    },
    responses: {
      instructions: "Be brief.",
      input: [
        { type: "message", role: "user", content: "Hello" },
        { type: "message", role: "system", content: "Be kind." },
      ],
      store: false,
    },
  },
  "images and documents": {
    request: {
      messages: [
        user(
          { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, at },
          {
            kind: "document",
            source: { kind: "base64", mediaType: "application/pdf", data: "AAAA" },
            title: "Report",
            at,
          },
          {
            kind: "document",
            source: { kind: "text", mediaType: "text/plain", text: "Once upon a time" },
            title: "Tale",
            context: "Old",
            at,
          },
        ),
      ],
    },
    chat: {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            {
              type: "file",
              file: { filename: "Report", file_data: "data:application/pdf;base64,AAAA" },
            },
            { type: "text", text: "Tale\n\nOld\n\nOnce upon a time" },
          ],
        },
      ],
    },
    responses: {
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
            {
              type: "input_file",
              filename: "Report",
              file_data: "data:application/pdf;base64,AAAA",
            },
            { type: "input_text", text: "Tale\n\nOld\n\nOnce upon a time" },
          ],
        },
      ],
    },
  },
  "parallel calls, their results together, one of them failed and one of them JSON": {
    request: {
      messages: [
        userText("Go"),
        assistant(text("I will."), call("toolu_1"), call("toolu_2")),
        tool(
          { ...result("toolu_1", text("no")), isError: true },
          result("toolu_2", { kind: "json", value: { ok: true }, at }),
        ),
      ],
    },
    chatWarnings: ["messages[].content[].is_error"],
    responsesWarnings: ["messages[].content[].is_error"],
    chat: {
      messages: [
        { role: "user", content: "Go" },
        {
          role: "assistant",
          content: "I will.",
          tool_calls: [
            { id: "toolu_1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
            { id: "toolu_2", type: "function", function: { name: "f", arguments: '{"a":1}' } },
          ],
        },
        { role: "tool", tool_call_id: "toolu_1", content: "no" },
        { role: "tool", tool_call_id: "toolu_2", content: '{"ok":true}' },
      ],
    },
    responses: {
      input: [
        { type: "message", role: "user", content: "Go" },
        { type: "message", role: "assistant", content: "I will." },
        { type: "function_call", call_id: "toolu_1", name: "f", arguments: '{"a":1}' },
        { type: "function_call", call_id: "toolu_2", name: "f", arguments: '{"a":1}' },
        { type: "function_call_output", call_id: "toolu_1", output: "no" },
        { type: "function_call_output", call_id: "toolu_2", output: '{"ok":true}' },
      ],
    },
  },
  "another's thinking, and marks of a cache that OpenAI keeps by itself": {
    request: {
      cache: { ttl: null },
      messages: [
        user({ ...text("Hello"), cache: { ttl: "1h" } }),
        assistant(
          {
            kind: "reasoning",
            text: "Hm",
            signature: { family: "anthropic", value: "s" },
            at,
          },
          { ...text("Hi"), signature: { family: "gemini", value: "s" } },
          { ...call("c"), signature: { family: "gemini", value: "s" } },
        ),
        tool(result("c", text("x"))),
      ],
    },
    chatWarnings: ["messages[].content[]"],
    responsesWarnings: ["messages[].content[]"],
    chat: {
      messages: [
        { role: "user", content: "Hello" },
        {
          role: "assistant",
          content: "Hi",
          tool_calls: [
            { id: "c", type: "function", function: { name: "f", arguments: '{"a":1}' } },
          ],
        },
        { role: "tool", tool_call_id: "c", content: "x" },
      ],
    },
    responses: {
      input: [
        { type: "message", role: "user", content: "Hello" },
        { type: "message", role: "assistant", content: "Hi" },
        { type: "function_call", call_id: "c", name: "f", arguments: '{"a":1}' },
        { type: "function_call_output", call_id: "c", output: "x" },
      ],
    },
  },
  "OpenAI's own thinking, given back through another dialect": {
    request: {
      messages: [
        userText("Go"),
        assistant(
          { kind: "redacted_reasoning", data: { family: "openai", value: "enc" }, id: "rs_1", at },
          text("Hi"),
        ),
        userText("More"),
      ],
    },
    chatWarnings: ["messages[].content[]"],
    responses: {
      input: [
        { type: "message", role: "user", content: "Go" },
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "enc" },
        { type: "message", role: "assistant", content: "Hi" },
        { type: "message", role: "user", content: "More" },
      ],
    },
  },
  "tools and the choice among them": {
    request: {
      tools: [
        { kind: "function", name: "f", description: "Does f", schema, strict: true, at },
        { kind: "function", name: "g", at },
      ],
      toolChoice: { kind: "allowed", mode: "auto", names: ["f"] },
      parallelToolCalls: false,
    },
    chat: {
      tools: [
        {
          type: "function",
          function: { name: "f", description: "Does f", parameters: schema, strict: true },
        },
        { type: "function", function: { name: "g" } },
      ],
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
      parallel_tool_calls: false,
    },
    responses: {
      tools: [
        { type: "function", name: "f", description: "Does f", parameters: schema, strict: true },
        {
          type: "function",
          name: "g",
          parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
          strict: false,
        },
      ],
      tool_choice: {
        type: "allowed_tools",
        mode: "auto",
        tools: [{ type: "function", name: "f" }],
      },
      parallel_tool_calls: false,
    },
  },
  "a choice without tools": {
    request: { tools: [], toolChoice: { kind: "auto" }, parallelToolCalls: true },
    chat: { messages: [{ role: "user", content: "Hello" }] },
  },
  "a schema that OpenAI can hold the model to": {
    request: { responseFormat: { kind: "json_schema", schema } },
    chat: {
      response_format: {
        type: "json_schema",
        json_schema: { name: "response", schema, strict: true },
      },
    },
    responses: {
      text: { format: { type: "json_schema", name: "response", schema, strict: true } },
    },
  },
  "a schema that it can't": {
    request: {
      responseFormat: { kind: "json_schema", name: "n", schema: { ...schema, minProperties: 1 } },
    },
    chatWarnings: ["responseFormat"],
    responsesWarnings: ["responseFormat"],
    chat: {
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", schema: { ...schema, minProperties: 1 }, strict: false },
      },
    },
  },
  "JSON of any shape, which OpenAI wants to be asked for": {
    request: {
      responseFormat: { kind: "json_object" },
      messages: [
        { kind: "system", role: "system", at: place("system"), parts: [text("Be brief.")] },
        userText("Hello"),
      ],
    },
    chat: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "system", content: "Answer with a JSON object." },
        { role: "user", content: "Hello" },
      ],
      response_format: { type: "json_object" },
    },
    responses: {
      instructions: "Be brief.",
      input: [
        { type: "message", role: "system", content: "Answer with a JSON object." },
        { type: "message", role: "user", content: "Hello" },
      ],
      text: { format: { type: "json_object" } },
    },
  },
  "settings of sampling": {
    request: {
      maxTokens: 10,
      temperature: 0.2,
      topP: 0.9,
      topK: 40,
      stop: ["x"],
      user: "u",
      serviceTier: "auto",
    },
    chatWarnings: ["topK"],
    chat: {
      max_completion_tokens: 10,
      temperature: 0.2,
      top_p: 0.9,
      stop: ["x"],
      user: "u",
    },
  },
  "fewer tokens than Responses take": {
    request: { maxTokens: 5, seed: 1, presencePenalty: 0.5, frequencyPenalty: 0 },
    chat: { max_completion_tokens: 5, seed: 1, presence_penalty: 0.5, frequency_penalty: 0 },
    responses: { max_output_tokens: 16 },
    responsesWarnings: ["seed", "presencePenalty", "maxTokens"],
  },
  "sampling at a model that reasons": {
    model: "gpt-5-mini",
    request: { temperature: 0.2, topP: 1, logprobs: false, presencePenalty: 0 },
    chatWarnings: ["temperature"],
    responsesWarnings: ["temperature"],
    chat: { model: "gpt-5-mini", messages: [{ role: "user", content: "Hello" }] },
    responses: { store: false },
  },
  "several texts of one turn, and stops that Responses don't have": {
    request: {
      stop: ["x"],
      messages: [userText("Hello"), assistant(text("4."), text("And then?")), userText("5.")],
    },
    responsesWarnings: ["stop"],
    responses: {
      input: [
        { type: "message", role: "user", content: "Hello" },
        { type: "message", role: "assistant", content: "4." },
        { type: "message", role: "assistant", content: "And then?" },
        { type: "message", role: "user", content: "5." },
      ],
    },
  },
  "metadata, which Chat Completions only take of stored answers": {
    request: { metadata: { a: "b" } },
    chatWarnings: ["metadata"],
    responses: { metadata: { a: "b" } },
  },
  "metadata of a stored answer": {
    request: { metadata: { a: "b" }, store: true },
    chat: { metadata: { a: "b" }, store: true },
    responses: { metadata: { a: "b" }, store: true },
  },
  "thinking to be shown": {
    model: "o3",
    request: { reasoning: { includeThoughts: true, thinking: { kind: "adaptive" } } },
    chatWarnings: ["reasoning"],
    responses: { reasoning: { summary: "auto" } },
  },
  "a file that only Responses read from the web": {
    request: {
      messages: [
        user({
          kind: "document",
          source: { kind: "url", url: "https://example.com/a.pdf", mediaType: null },
          citations: true,
          at,
        }),
      ],
    },
    responsesWarnings: ["messages[].content[].citations"],
    responses: {
      input: [
        {
          type: "message",
          role: "user",
          content: [{ type: "input_file", file_url: "https://example.com/a.pdf" }],
        },
      ],
    },
  },
  "an image in a tool's result, which only Responses take": {
    request: {
      messages: [
        userText("Go"),
        assistant(call("c")),
        tool(
          result("c", {
            kind: "image",
            source: { kind: "url", url: "https://example.com/a.png", mediaType: null },
            at,
          }),
        ),
      ],
    },
    responses: {
      input: [
        { type: "message", role: "user", content: "Go" },
        { type: "function_call", call_id: "c", name: "f", arguments: '{"a":1}' },
        {
          type: "function_call_output",
          call_id: "c",
          output: [{ type: "input_image", image_url: "https://example.com/a.png", detail: "auto" }],
        },
      ],
    },
  },
};
