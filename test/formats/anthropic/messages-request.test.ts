import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { pathText } from "../../../src/core/json-path.ts";
import { anthropicMessages } from "../../../src/formats/anthropic/anthropic-messages.ts";

const hi = { role: "user", content: "Hi" };
const body = (more: JsonObject = {}): JsonObject => ({
  model: "claude-sonnet-4-5",
  max_tokens: 100,
  messages: [hi],
  ...more,
});
const parse = (more: JsonObject) => anthropicMessages.parseRequest(body(more));
const said = (content: readonly JsonObject[], role = "user") => ({ messages: [{ role, content }] });

/** Places as texts, and without what is undefined. */
function shown(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item) => (key === "at" || key === "path" ? pathText(item) : item)),
  );
}

describe("Settings", () => {
  test.each<[JsonObject, Partial<ChatRequest>]>([
    [{}, { family: "anthropic", model: "claude-sonnet-4-5", maxTokens: 100, extras: [] }],
    [
      { temperature: 0.5, top_p: 0.9, top_k: 4, stop_sequences: ["A"] },
      { temperature: 0.5, topP: 0.9, topK: 4, stop: ["A"] },
    ],
    [
      { metadata: { user_id: "u" }, service_tier: "auto" },
      { user: "u", serviceTier: "auto" },
    ],
    [{ cache_control: { type: "ephemeral", ttl: "1h" } }, { cache: { ttl: "1h" } }],
    [{ cache_control: { type: "ephemeral" } }, { cache: { ttl: null } }],
    [{ temperature: null, tools: null, thinking: null, stop_sequences: null }, { extras: [] }],
    [{ tool_choice: { type: "auto" } }, { toolChoice: { kind: "auto" } }],
    [{ tool_choice: { type: "none" } }, { toolChoice: { kind: "none" } }],
    [
      { tool_choice: { type: "any", disable_parallel_tool_use: true } },
      { toolChoice: { kind: "required" }, parallelToolCalls: false },
    ],
    [
      { tool_choice: { type: "tool", name: "a", disable_parallel_tool_use: false } },
      { toolChoice: { kind: "named", name: "a" }, parallelToolCalls: true },
    ],
    [
      { thinking: { type: "enabled", budget_tokens: 2000, display: "summarized" } },
      {
        reasoning: { thinking: { kind: "budget", tokens: 2000 }, includeThoughts: true },
      },
    ],
    [
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "max" } },
      { reasoning: { effort: "max", thinking: { kind: "adaptive" }, includeThoughts: false } },
    ],
    [{ thinking: { type: "disabled" } }, { reasoning: { thinking: { kind: "off" } } }],
    [{ thinking: { type: "between_tools" } }, { reasoning: { thinking: { kind: "off" } } }],
    [
      { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
      { responseFormat: { kind: "json_schema", schema: { type: "object" } } },
    ],
    [
      { output_format: { type: "json_schema", schema: { type: "object" } } },
      { responseFormat: { kind: "json_schema", schema: { type: "object" } } },
    ],
  ])("%j", (more, request) => {
    expect(parse(more)).toMatchObject(request);
  });

  test.each([
    ["container", "container_1"],
    ["mcp_servers", [{ type: "url", url: "https://example.com", name: "a" }]],
    ["thread", { type: "create" }],
  ])("%s can't be left out", (key, value) => {
    expect(shown(parse({ [key]: value }).extras)).toEqual([
      { path: key, value, isEssential: true },
    ]);
  });

  test.each<[JsonObject, string]>([
    [{ stream: true }, "stream"],
    [{ inference_geo: "us" }, "inference_geo"],
    [{ context_management: { edits: [] } }, "context_management"],
    [{ metadata: { team: "a" } }, "metadata.team"],
    [{ output_config: { task_budget: { type: "tokens", total: 1 } } }, "output_config.task_budget"],
    [{ thinking: { type: "adaptive", display: "updates" } }, "thinking.display"],
    [{ tool_choice: { type: "auto", later: 1 } }, "tool_choice.later"],
    [{ tools: [{ name: "a", input_schema: {}, defer_loading: true }] }, "tools[0].defer_loading"],
    [{ messages: [{ ...hi, clear_at: 1 }] }, "messages[0].clear_at"],
    [said([{ type: "text", text: "a", later: 1 }]), "messages[0].content[0].later"],
    [
      said([{ type: "text", text: "a", citations: [{ type: "char_location" }] }], "assistant"),
      "messages[0].content[0].citations",
    ],
    [
      said(
        [
          {
            type: "tool_use",
            id: "a",
            name: "b",
            input: {},
            caller: { type: "code_execution_20250825", tool_id: "srvtoolu_1" },
          },
        ],
        "assistant",
      ),
      "messages[0].content[0].caller",
    ],
    [
      said([{ type: "image", source: { type: "url", url: "https://a.example/b", later: 1 } }]),
      "messages[0].content[0].source.later",
    ],
  ])("%j has an extra", (more, path) => {
    expect(shown(parse(more).extras)).toEqual([
      { path, value: expect.anything(), isEssential: false },
    ]);
  });

  test.each<[JsonObject]>([
    [{ stream: false }],
    [said([{ type: "text", text: "a", citations: [] }], "assistant")],
    [
      said(
        [{ type: "tool_use", id: "a", name: "b", input: {}, caller: { type: "direct" } }],
        "assistant",
      ),
    ],
  ])("%j has none", (more) => {
    expect(parse(more).extras).toEqual([]);
  });
});

describe("Tools", () => {
  test.each<[JsonObject, JsonObject]>([
    [
      {
        name: "a",
        description: "A",
        input_schema: { type: "object" },
        strict: true,
        cache_control: { type: "ephemeral", ttl: "5m" },
      },
      {
        kind: "function",
        name: "a",
        description: "A",
        schema: { type: "object" },
        strict: true,
        cache: { ttl: "5m" },
        at: "tools[0]",
      },
    ],
    [
      { type: "custom", name: "a", input_schema: {} },
      { kind: "function", name: "a", schema: {}, at: "tools[0]" },
    ],
    [
      { type: "web_search_20250305", name: "web_search", max_uses: 2 },
      {
        kind: "native",
        family: "anthropic",
        name: "web_search",
        value: { type: "web_search_20250305", name: "web_search", max_uses: 2 },
        at: "tools[0]",
      },
    ],
    [
      { type: "mcp_toolset", mcp_server_name: "m" },
      {
        kind: "native",
        family: "anthropic",
        name: "mcp_toolset",
        value: { type: "mcp_toolset", mcp_server_name: "m" },
        at: "tools[0]",
      },
    ],
  ])("%j", (tool, parsed) => {
    expect(shown(parse({ tools: [tool] }).tools)).toEqual([parsed]);
  });
});

const at = "messages[0].content[0]";
const user = (part: JsonObject) => [{ kind: "user", at: "messages[0]", parts: [{ at, ...part }] }];
const assistant = (...parts: JsonObject[]) => [{ kind: "assistant", at: "messages[0]", parts }];
const gemini = "crossbatch.gemini.c2ln";
const use = { type: "tool_use", id: "a", name: "b", input: { c: 1 } };
const call = { kind: "tool_call", id: "a", name: "b", input: { kind: "object", value: { c: 1 } } };

describe("Messages", () => {
  test.each<[JsonObject, unknown]>([
    [
      { system: "Be brief." },
      [
        {
          kind: "system",
          role: "system",
          at: "system",
          parts: [{ kind: "text", text: "Be brief.", at: "system" }],
        },
        {
          kind: "user",
          at: "messages[0]",
          parts: [{ kind: "text", text: "Hi", at: "messages[0].content" }],
        },
      ],
    ],
    [
      {
        system: [{ type: "text", text: "A", cache_control: { type: "ephemeral" } }],
        messages: [{ role: "system", content: [{ type: "text", text: "B" }] }],
      },
      [
        {
          kind: "system",
          role: "system",
          at: "system",
          parts: [{ kind: "text", text: "A", at: "system[0]", cache: { ttl: null } }],
        },
        {
          kind: "system",
          role: "system",
          at: "messages[0]",
          parts: [{ kind: "text", text: "B", at }],
        },
      ],
    ],
    [
      said([
        { type: "text", text: "Also" },
        {
          type: "tool_result",
          tool_use_id: "a",
          is_error: true,
          content: [{ type: "text", text: "No" }],
          cache_control: { type: "ephemeral" },
        },
      ]),
      [
        {
          kind: "tool",
          at: "messages[0]",
          parts: [
            {
              kind: "tool_result",
              callId: "a",
              name: null,
              isError: true,
              content: [{ kind: "text", text: "No", at: "messages[0].content[1].content[0]" }],
              cache: { ttl: null },
              at: "messages[0].content[1]",
            },
          ],
        },
        { kind: "user", at: "messages[0]", parts: [{ kind: "text", text: "Also", at }] },
      ],
    ],
    [
      said([
        {
          type: "image",
          source: { type: "base64", media_type: "image/jpg", data: "QQ" },
          cache_control: { type: "ephemeral" },
        },
      ]),
      user({
        kind: "image",
        source: { kind: "base64", mediaType: "image/jpeg", data: "QQ" },
        cache: { ttl: null },
      }),
    ],
    [
      said([{ type: "image", source: { type: "url", url: "https://a.example/b" } }]),
      user({
        kind: "image",
        source: { kind: "url", url: "https://a.example/b", mediaType: null },
      }),
    ],
    [
      said([{ type: "image", source: { type: "file", file_id: "file_1" } }]),
      user({
        kind: "image",
        source: { kind: "file", family: "anthropic", id: "file_1", mediaType: null },
      }),
    ],
    [
      said([
        {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "QQ" },
          title: "T",
          context: "C",
          citations: { enabled: true },
        },
      ]),
      user({
        kind: "document",
        source: { kind: "base64", mediaType: "application/pdf", data: "QQ" },
        title: "T",
        context: "C",
        citations: true,
      }),
    ],
    [
      said([{ type: "document", source: { type: "text", media_type: "text/plain", data: "T" } }]),
      user({ kind: "document", source: { kind: "text", mediaType: "text/plain", text: "T" } }),
    ],
    [
      said([{ type: "document", source: { type: "content", content: "T" } }]),
      user({ kind: "document", source: { kind: "text", mediaType: "text/plain", text: "T" } }),
    ],
    [
      said([
        {
          type: "document",
          source: {
            type: "content",
            content: [
              { type: "text", text: "A" },
              { type: "text", text: "B" },
            ],
          },
        },
      ]),
      user({
        kind: "document",
        source: { kind: "text", mediaType: "text/plain", text: "A\n\nB" },
      }),
    ],
    [
      said([{ type: "search_result", source: "s", title: "t", content: [] }]),
      user({
        kind: "native",
        family: "anthropic",
        type: "search_result",
        value: { type: "search_result", source: "s", title: "t", content: [] },
      }),
    ],
    [
      said([{ type: "thinking", thinking: "Hm", signature: "c2ln" }, use], "assistant"),
      assistant(
        {
          kind: "reasoning",
          text: "Hm",
          signature: { family: "anthropic", value: "c2ln" },
          at,
        },
        { ...call, at: "messages[0].content[1]" },
      ),
    ],
    [
      said([{ type: "redacted_thinking", data: "ZGF0YQ" }], "assistant"),
      assistant({
        kind: "redacted_reasoning",
        data: { family: "anthropic", value: "ZGF0YQ" },
        at,
      }),
    ],
    [
      said([{ type: "thinking", thinking: "Hm", signature: "" }], "assistant"),
      assistant({ kind: "reasoning", text: "Hm", at }),
    ],
    [
      said([{ type: "thinking", thinking: "", signature: gemini }, use], "assistant"),
      assistant({
        ...call,
        signature: { family: "gemini", value: "c2ln" },
        at: "messages[0].content[1]",
      }),
    ],
    [
      said([{ type: "thinking", thinking: "", signature: gemini }], "assistant"),
      assistant({
        kind: "reasoning",
        text: "",
        signature: { family: "gemini", value: "c2ln" },
        at,
      }),
    ],
    [
      said([{ type: "thinking", thinking: "", signature: "c2ln" }, use], "assistant"),
      assistant(
        { kind: "reasoning", text: "", signature: { family: "anthropic", value: "c2ln" }, at },
        { ...call, at: "messages[0].content[1]" },
      ),
    ],
    [
      said([{ type: "server_tool_use", id: "s", name: "web_search", input: {} }], "assistant"),
      assistant({
        kind: "native",
        family: "anthropic",
        type: "server_tool_use",
        value: { type: "server_tool_use", id: "s", name: "web_search", input: {} },
        at,
      }),
    ],
  ])("%j", (more, messages) => {
    expect(shown(parse(more).messages)).toEqual(messages);
  });

  test("results of tools have the names of the calls", () => {
    const messages = [
      { role: "assistant", content: [use] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "1" }] },
    ];
    expect(parse({ messages }).messages[1]).toMatchObject({ parts: [{ name: "b" }] });
  });

  test.each<[string, JsonObject]>([
    [
      "cited",
      { type: "document", citations: { enabled: true }, source: { type: "content", content: "T" } },
    ],
    [
      "with pictures",
      { type: "document", source: { type: "content", content: [{ type: "image", source: {} }] } },
    ],
    ["from elsewhere", { type: "document", source: { type: "later" } }],
    ["from elsewhere", { type: "image", source: { type: "later" } }],
  ])("a document %s is only Anthropic's", (_it, block) => {
    expect(parse(said([block])).messages).toMatchObject([
      { parts: [{ kind: "native", type: block["type"], value: block }] },
    ]);
  });
});

test.each<[JsonObject, string, string]>([
  [{ messages: undefined }, "messages", "it is missing"],
  [{ messages: "Hi" }, "messages", `it is "Hi"`],
  [{ messages: ["Hi"] }, "messages[0]", "must be an object"],
  [{ messages: [{ role: "tool", content: "" }] }, "messages[0].role", "user, assistant or system"],
  [{ messages: [{ role: "user" }] }, "messages[0].content", "it is missing"],
  [{ messages: [{ role: "user", content: 1 }] }, "messages[0].content", "it is 1"],
  [said([{}]), "messages[0].content[0].type", "it is missing"],
  [said([{ type: "text" }]), "messages[0].content[0].text", "it is missing"],
  [said([use]), "messages[0].content[0].type", "only be in an assistant message"],
  [said([{ type: "thinking" }]), "messages[0].content[0].type", "only be in an assistant"],
  [said([{ type: "tool_result" }], "assistant"), "messages[0].content[0].type", "user message"],
  [said([{ type: "tool_result" }]), "messages[0].content[0].tool_use_id", "it is missing"],
  [said([{ ...use, input: "{}" }], "assistant"), "messages[0].content[0].input", "an object"],
  [said([{ type: "image" }]), "messages[0].content[0].source", "it is missing"],
  [
    said([{ type: "image", source: { type: "url", url: "file:///etc" } }]),
    "messages[0].content[0].source.url",
    "http",
  ],
  [{ system: [{ type: "image" }] }, "system[0].type", "must be text"],
  [{ system: 1 }, "system", "must be a string"],
  [{ max_tokens: "100" }, "max_tokens", "must be an integer"],
  [{ temperature: "hot" }, "temperature", "must be a number"],
  [{ tools: [{ name: "a", input_schema: [] }] }, "tools[0].input_schema", "must be an object"],
  [{ tools: [{ input_schema: {} }] }, "tools[0].name", "it is missing"],
  [{ tool_choice: { type: "some" } }, "tool_choice.type", "one of auto, any, tool, none"],
  [{ tool_choice: { type: "tool" } }, "tool_choice.name", "it is missing"],
  [{ thinking: { type: "enabled" } }, "thinking.budget_tokens", "it is missing"],
  [{ thinking: { type: "long" } }, "thinking.type", "one of"],
  [{ output_config: { effort: "none" } }, "output_config.effort", "one of low"],
  [{ output_config: { format: { type: "xml" } } }, "output_config.format.type", "json_schema"],
  [{ cache_control: { type: "ephemeral", ttl: "2h" } }, "cache_control.ttl", "one of 5m, 1h"],
  [{ stop_sequences: [1] }, "stop_sequences[0]", "must be a string"],
  [{ metadata: { user_id: 1 } }, "metadata.user_id", "must be a string"],
])("%j is refused at its place", (more, path, message) => {
  expect(() => parse(more)).toThrow(
    expect.objectContaining({
      name: "CodecError",
      code: "invalid_request",
      path,
      message: expect.stringContaining(message),
    }),
  );
});
