import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { pathText } from "../../../src/core/json-path.ts";
import { converse, MODELS, writtenConverse } from "./bodies.ts";
import { CONVERSE_BODIES, CONVERSE_TOOL_BODIES } from "./converse-bodies.ts";

const hello: JsonObject = { messages: [{ role: "user", content: [{ text: "Hi" }] }] };

function parse(fields: JsonObject): ChatRequest {
  return converse.parseRequest({ ...hello, ...fields });
}

function said(content: readonly JsonObject[], role = "user"): ChatRequest {
  return converse.parseRequest({ messages: [{ role, content }] });
}

describe("A Converse request", () => {
  test.each(Object.entries(CONVERSE_BODIES))("with %s comes out as it went in", (_, body) => {
    const { body: written, warnings } = writtenConverse(converse.parseRequest(body), {
      model: MODELS.nova,
    });
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
  });

  test.each(Object.entries(CONVERSE_TOOL_BODIES))(
    "with %s comes out of a single call",
    (_, body) => {
      const { body: written, warnings } = writtenConverse(converse.parseRequest(body), {
        model: MODELS.nova,
        isBatch: false,
      });
      expect(written).toEqual(body);
      expect(warnings).toEqual([]);
    },
  );

  test.each<[string, JsonObject, Partial<ChatRequest>]>([
    ["Claude's top_k", { top_k: 5 }, { topK: 5 }],
    ["Nova's topK", { inferenceConfig: { topK: 5 } }, { topK: 5 }],
    [
      "a budget",
      { thinking: { type: "enabled", budget_tokens: 2000, display: "omitted" } },
      { reasoning: { thinking: { kind: "budget", tokens: 2000 }, includeThoughts: false } },
    ],
    [
      "thinking by itself",
      { thinking: { type: "adaptive" } },
      { reasoning: { thinking: { kind: "adaptive" } } },
    ],
    [
      "no thinking",
      { thinking: { type: "disabled" } },
      { reasoning: { thinking: { kind: "off" } } },
    ],
    [
      "Nova's thinking",
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } },
      { reasoning: { effort: "low" } },
    ],
    [
      "Nova's thinking in its other place",
      { inferenceConfig: { reasoningConfig: { type: "disabled" } } },
      { reasoning: { thinking: { kind: "off" } } },
    ],
    ["gpt-oss's effort", { reasoning_effort: "high" }, { reasoning: { effort: "high" } }],
    ["GPT's effort", { reasoning: { effort: "minimal" } }, { reasoning: { effort: "minimal" } }],
    ["Claude's effort", { output_config: { effort: "max" } }, { reasoning: { effort: "max" } }],
    [
      "Claude's own schema",
      { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
      { responseFormat: { kind: "json_schema", schema: { type: "object" } } },
    ],
    [
      "one call at a time",
      { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
      { parallelToolCalls: false },
    ],
    [
      "one call of a tool",
      { tool_choice: { type: "tool", name: "t", disable_parallel_tool_use: true } },
      { parallelToolCalls: false, toolChoice: { kind: "named", name: "t" } },
    ],
  ])("of a model's own fields reads %s", (_, additionalModelRequestFields, expected) => {
    const request = parse({ additionalModelRequestFields });
    expect(request).toMatchObject(expected);
    expect(request.extras).toEqual([]);
  });

  test.each<[string, JsonObject, readonly string[]]>([
    [
      "a field of a model",
      { additionalModelRequestFields: { seed: 5 } },
      ["additionalModelRequestFields.seed"],
    ],
    [
      "one beside a known one",
      { additionalModelRequestFields: { inferenceConfig: { topK: 5, later: 1 } } },
      ["additionalModelRequestFields.inferenceConfig.later"],
    ],
    [
      "a known one of another shape",
      {
        additionalModelRequestFields: {
          thinking: "a lot",
          top_k: "5",
          reasoningConfig: { type: "later" },
        },
      },
      [
        "additionalModelRequestFields.thinking",
        "additionalModelRequestFields.top_k",
        "additionalModelRequestFields.reasoningConfig",
      ],
    ],
    ["an effort nobody knows", { outputConfig: { effort: "ultra" } }, ["outputConfig.effort"]],
    ["an unknown member", { later: { a: 1 }, nothing: null }, ["later"]],
    [
      "where to look at the answer",
      { additionalModelResponseFieldPaths: ["/a"] },
      ["additionalModelResponseFieldPaths"],
    ],
  ])("keeps what the hub has no word for: %s", (_, fields, paths) => {
    const { extras } = parse(fields);
    expect(extras.map(({ path }) => pathText(path))).toEqual(paths);
    expect(extras.every(({ isEssential }) => !isEssential)).toBe(true);
  });

  test.each<[string, JsonObject, string]>([
    ["a guardrail", { guardrailConfig: { guardrailIdentifier: "a" } }, "guardrailConfig"],
    ["variables", { promptVariables: { a: { text: "b" } } }, "promptVariables"],
    [
      "guarded system text",
      { system: [{ guardContent: { text: { text: "a" } } }] },
      "system[0].guardContent",
    ],
    [
      "tools that come in between",
      { messages: [{ role: "system", content: [{ toolAddition: { tool: { name: "a" } } }] }] },
      "messages[0].content[0]",
    ],
  ])("knows what changes the answer: %s", (_, fields, path) => {
    const essential = parse(fields).extras.filter(({ isEssential }) => isEssential);
    expect(essential.map((extra) => pathText(extra.path))).toEqual([path]);
  });

  test("splits results of tools from what the user says, and knows their tools", () => {
    const request = converse.parseRequest({
      messages: [
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "t", input: {} } }] },
        {
          role: "user",
          content: [{ text: "So" }, { toolResult: { toolUseId: "a", content: [{ text: "1" }] } }],
        },
      ],
    });
    expect(request.messages.map(({ kind }) => kind)).toEqual(["assistant", "tool", "user"]);
    expect(request.messages[1]?.parts[0]).toMatchObject({
      kind: "tool_result",
      name: "t",
      isError: false,
    });
  });

  test("reads text with citations as text, in a request without who is cited", () => {
    const request = said(
      [
        {
          citationsContent: {
            content: [{ text: "A" }, { text: "B" }],
            citations: [{ title: "T" }],
          },
        },
      ],
      "assistant",
    );
    expect(request.messages[0]?.parts).toMatchObject([{ kind: "text", text: "AB" }]);
    expect(request.extras).toHaveLength(1);
  });

  test("takes a document of several texts as one", () => {
    const content = [{ text: "A" }, { text: "B" }];
    const request = said([{ document: { name: "d", source: { content } } }]);
    expect(request.messages[0]?.parts[0]).toMatchObject({
      kind: "document",
      filename: "d",
      source: { kind: "text", text: "A\nB" },
    });
    expect(request.extras.map(({ path }) => pathText(path))).toEqual([
      "messages[0].content[0].document.source.content",
    ]);
  });

  test.each(["toolAddition", "guardContent", "searchResult", "tomorrow"])(
    "keeps a block that only Bedrock has: %s",
    (type) => {
      const block = { [type]: { a: 1 } };
      expect(said([block]).messages[0]?.parts).toMatchObject([
        { kind: "native", family: "bedrock", type, value: block },
      ]);
    },
  );

  test("keeps a tool that the provider runs, its call and its result", () => {
    const use = { toolUse: { toolUseId: "a", name: "t", input: {}, type: "server_tool_use" } };
    const result = { toolResult: { toolUseId: "a", content: [], type: "t_result" } };
    const plain = { toolResult: { toolUseId: "a", content: [{ text: "1" }] } };
    const parts = said([use, result, plain], "assistant").messages[0]?.parts;
    expect(parts?.map((part) => part.kind)).toEqual(["native", "native", "native"]);
    expect(parts).toMatchObject([{ value: use }, { value: result }, { value: plain }]);
  });

  test.each<[string, JsonObject, string]>([
    ["no messages", { messages: null }, "messages"],
    ["messages that are no array", { messages: {} }, "messages"],
    ["a message that is none", { messages: [1] }, "messages[0]"],
    ["a role nobody has", { messages: [{ role: "tool", content: [] }] }, "messages[0].role"],
    [
      "content that is text",
      { messages: [{ role: "user", content: "Hi" }] },
      "messages[0].content",
    ],
    [
      "an empty block",
      { messages: [{ role: "user", content: [{}] }] },
      "messages[0].content[0].text",
    ],
    [
      "a block with two contents",
      { messages: [{ role: "user", content: [{ text: "a", image: {} }] }] },
      "messages[0].content[0].image",
    ],
    [
      "a text that is none",
      { messages: [{ role: "user", content: [{ text: 5 }] }] },
      "messages[0].content[0].text",
    ],
    [
      "a picture of an unknown format",
      {
        messages: [
          { role: "user", content: [{ image: { format: "bmp", source: { bytes: "" } } }] },
        ],
      },
      "messages[0].content[0].image.format",
    ],
    [
      "a picture without a source",
      { messages: [{ role: "user", content: [{ image: { format: "png", source: {} } }] }] },
      "messages[0].content[0].image.source.bytes",
    ],
    [
      "a call by the user",
      {
        messages: [
          { role: "user", content: [{ toolUse: { toolUseId: "a", name: "b", input: {} } }] },
        ],
      },
      "messages[0].content[0].toolUse",
    ],
    [
      "a result that ended otherwise",
      {
        messages: [
          { role: "user", content: [{ toolResult: { toolUseId: "a", content: [], status: "?" } }] },
        ],
      },
      "messages[0].content[0].toolResult.status",
    ],
    [
      "a limit that is no number",
      { inferenceConfig: { maxTokens: "9" } },
      "inferenceConfig.maxTokens",
    ],
    [
      "a choice of nothing",
      { toolConfig: { tools: [], toolChoice: {} } },
      "toolConfig.toolChoice.auto",
    ],
    [
      "a schema that is no JSON",
      {
        outputConfig: {
          textFormat: { type: "json_schema", structure: { jsonSchema: { schema: "{" } } },
        },
      },
      "outputConfig.textFormat.structure.jsonSchema.schema",
    ],
    ["a tier that is no text", { serviceTier: { type: 5 } }, "serviceTier.type"],
    ["metadata that is no text", { requestMetadata: { a: 5 } }, "requestMetadata.a"],
    [
      "a mark of an unknown time",
      { system: [{ text: "a" }, { cachePoint: { type: "default", ttl: "2h" } }] },
      "system[1].cachePoint.ttl",
    ],
  ])("is refused with %s", (_, fields, path) => {
    expect(() => parse(fields)).toThrow(CodecError);
    expect(() => parse(fields)).toThrow(expect.objectContaining({ code: "invalid_request", path }));
  });
});
