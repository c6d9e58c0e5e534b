import { describe, expect, test } from "vitest";
import type { ChatResponse, Choice, FinishReason } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../../src/core/tools.ts";
import { specProblem } from "../../support/specs.ts";
import { chatCodec, converse, MODELS, writtenAnswer } from "./bodies.ts";

const at = childPath(ROOT, "here");

function answer(content: readonly JsonObject[], fields: JsonObject = {}): JsonObject {
  return {
    output: { message: { role: "assistant", content } },
    stopReason: "end_turn",
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    metrics: { latencyMs: 412 },
    ...fields,
  };
}

function foreign(parts: readonly AssistantPart[], choice: Partial<Choice> = {}): ChatResponse {
  return {
    family: "openai",
    id: "chatcmpl-1",
    model: "gpt-4o",
    createdAtSeconds: 5,
    choices: [{ index: 0, parts, finish: { reason: "stop", native: "stop" }, ...choice }],
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    extras: [],
  };
}

const ANSWERS: Readonly<Record<string, JsonObject>> = {
  text: answer([{ text: "Hello" }]),
  nothing: answer([], { stopReason: "max_tokens" }),
  "thinking and a call": answer(
    [
      { reasoningContent: { reasoningText: { text: "Hm", signature: "c2ln" } } },
      { reasoningContent: { redactedContent: "ZGF0YQ==" } },
      { text: "Let me see" },
      { toolUse: { toolUseId: "tooluse_1", name: "t", input: { a: [1] } } },
    ],
    { stopReason: "tool_use" },
  ),
  "text with citations": answer([
    {
      citationsContent: {
        content: [{ text: "A" }],
        citations: [{ title: "T", location: { web: { url: "https://a.example" } } }],
      },
    },
  ]),
  "a picture": answer([{ image: { format: "png", source: { bytes: "QUJD" } } }]),
  "what the cache did": answer([{ text: "a" }], {
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 50,
      cacheReadInputTokens: 15,
      cacheWriteInputTokens: 20,
      cacheDetails: [
        { ttl: "1h", inputTokens: 12 },
        { ttl: "5m", inputTokens: 8 },
      ],
    },
  }),
  "all that may be beside it": answer([{ text: "a" }], {
    stopReason: "guardrail_intervened",
    additionalModelResponseFields: { stop_sequence: "END" },
    trace: { guardrail: { actionReason: "no" } },
    performanceConfig: { latency: "standard" },
    serviceTier: { type: "default" },
  }),
};

describe("What Converse answers", () => {
  test.each(Object.entries(ANSWERS))("with %s comes out as it went in", (_, body) => {
    const { body: written, warnings } = writtenAnswer(converse.parseResponse(body), converse);
    expect(written).toEqual(body);
    expect(warnings).toEqual([]);
    expect(specProblem("bedrock", "ConverseResponse", written)).toBeNull();
  });

  test.each<[string, FinishReason]>([
    ["end_turn", "stop"],
    ["stop_sequence", "stop_sequence"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "context_window"],
    ["tool_use", "tool_calls"],
    ["guardrail_intervened", "content_filter"],
    ["content_filtered", "content_filter"],
    ["malformed_tool_use", "malformed_tool_call"],
    ["malformed_model_output", "other"],
    ["tomorrow", "other"],
  ])("ended with %s: %s", (stopReason, reason) => {
    const response = converse.parseResponse(answer([], { stopReason }));
    expect(response.choices[0]?.finish).toEqual({
      reason,
      native: stopReason,
      stopSequence: undefined,
    });
    expect(writtenAnswer(response, converse).body["stopReason"]).toBe(stopReason);
  });

  test("counts what came from the cache, and went into it, as input", () => {
    const { usage } = converse.parseResponse(ANSWERS["what the cache did"] ?? {});
    expect(usage).toEqual({
      inputTokens: 45,
      cacheReadTokens: 15,
      cacheWriteTokens: 20,
      cacheWriteHourTokens: 12,
      outputTokens: 5,
      totalTokens: 50,
    });
  });

  test("names the stop that was hit where the client asked for it", () => {
    const additionalModelResponseFields = { stop_sequence: "END" };
    const body = answer([], { stopReason: "stop_sequence", additionalModelResponseFields });
    expect(converse.parseResponse(body).choices[0]?.finish.stopSequence).toBe("END");
  });

  test("reads the call of the tool for JSON as what is said", () => {
    const toolUse = { toolUseId: "a", name: JSON_OUTPUT_TOOL, input: { a: 1 } };
    const response = converse.parseResponse(answer([{ toolUse }], { stopReason: "tool_use" }));
    expect(response.choices[0]).toMatchObject({
      parts: [{ kind: "text", text: `{"a":1}` }],
      finish: { reason: "stop", native: "tool_use" },
    });
    const real = { toolUse: { toolUseId: "b", name: "t", input: {} } };
    const both = converse.parseResponse(answer([real, { toolUse }], { stopReason: "tool_use" }));
    expect(both.choices[0]?.finish.reason).toBe("tool_calls");
  });

  test("shows who is cited behind the text", () => {
    const { choices } = converse.parseResponse(ANSWERS["text with citations"] ?? {});
    expect(choices[0]?.parts).toMatchObject([
      { kind: "text", text: "A" },
      { kind: "native", family: "bedrock", type: "citations" },
    ]);
  });

  test.each<[string, JsonObject]>([
    ["a block of tomorrow", answer([{ tomorrow: { a: 1 } }, { text: "a" }])],
    ["a field of tomorrow beside a text", answer([{ text: "a", tomorrow: 1 }])],
    ["a field of tomorrow before a text", answer([{ tomorrow: 1, text: "a" }])],
    ["an empty block", answer([{}, { text: "a" }])],
    [
      "a picture of tomorrow",
      answer([{ image: { format: "avif", source: { bytes: "" } } }, { text: "a" }]),
    ],
    [
      "a document of tomorrow",
      answer([{ document: { format: "x", name: "n", source: { bytes: "" } } }, { text: "a" }]),
    ],
    ["thinking of tomorrow", answer([{ reasoningContent: { tomorrow: 1 } }, { text: "a" }])],
    ["members of tomorrow", answer([{ text: "a" }], { tomorrow: { a: 1 } })],
    ["usage that is none", answer([{ text: "a" }], { usage: 5, metrics: "x", serviceTier: [] })],
    [
      "counts that are none",
      answer([{ text: "a" }], { usage: { inputTokens: "x", cacheDetails: 5 } }),
    ],
    ["no reason to stop", answer([{ text: "a" }], { stopReason: null })],
  ])("is read all the same with %s", (_, body) => {
    const response = converse.parseResponse(body);
    const texts = response.choices[0]?.parts.filter(({ kind }) => kind === "text");
    expect(texts).toMatchObject([{ text: "a" }]);
    const { body: written } = writtenAnswer(response, converse);
    expect(JSON.stringify(written)).toContain(`{"text":"a"}`);
  });

  test.each<[string, JsonObject, string]>([
    ["no answer", {}, "output"],
    ["no message", { output: {} }, "output.message"],
    ["no content", { output: { message: {} } }, "output.message.content"],
    ["a text that is none", answer([{ text: 5 }]), "output.message.content[0].text"],
  ])("is an error with %s", (_, body, path) => {
    expect(() => converse.parseResponse(body)).toThrow(expect.objectContaining({ path }));
  });
});

describe("An answer of another family as Converse's", () => {
  test.each<[string, AssistantPart, JsonObject]>([
    ["a refusal", { kind: "refusal", text: "No", at }, { text: "No" }],
    [
      "thinking of Claude's",
      { kind: "reasoning", text: "Hm", signature: { family: "anthropic", value: "c2ln" }, at },
      { reasoningContent: { reasoningText: { text: "Hm", signature: "c2ln" } } },
    ],
    [
      "thinking of Gemini's",
      { kind: "reasoning", text: "", signature: { family: "gemini", value: "c2ln" }, at },
      { reasoningContent: { reasoningText: { text: "", signature: "crossbatch.gemini.c2ln" } } },
    ],
    [
      "arguments in text",
      {
        kind: "tool_call",
        id: "a b",
        name: "t",
        input: { kind: "json_text", text: `{"a":1}` },
        at,
      },
      { toolUse: { toolUseId: "a_20_b", name: "t", input: { a: 1 } } },
    ],
    [
      "no arguments",
      { kind: "tool_call", id: "a", name: "t", input: { kind: "json_text", text: "" }, at },
      { toolUse: { toolUseId: "a", name: "t", input: {} } },
    ],
    [
      "arguments that are no JSON",
      { kind: "tool_call", id: "a", name: "t", input: { kind: "json_text", text: "{" }, at },
      { toolUse: { toolUseId: "a", name: "t", input: { input: "{" } } },
    ],
    [
      "free text",
      { kind: "tool_call", id: "a", name: "t", input: { kind: "free_text", text: "{}" }, at },
      { toolUse: { toolUseId: "a", name: "t", input: { input: "{}" } } },
    ],
  ])("holds %s", (_, part, block) => {
    const { body, warnings } = writtenAnswer(foreign([part]), converse);
    expect(body["output"]).toEqual({ message: { role: "assistant", content: [block] } });
    expect(warnings).toEqual([]);
    expect(specProblem("bedrock", "ConverseResponse", body)).toBeNull();
  });

  test.each<[FinishReason, string]>([
    ["stop", "end_turn"],
    ["stop_sequence", "stop_sequence"],
    ["length", "max_tokens"],
    ["context_window", "model_context_window_exceeded"],
    ["tool_calls", "tool_use"],
    ["content_filter", "content_filtered"],
    ["refusal", "content_filtered"],
    ["pause", "end_turn"],
    ["malformed_tool_call", "malformed_tool_use"],
    ["other", "end_turn"],
  ])("that ended with %s says %s", (reason, stopReason) => {
    const { body } = writtenAnswer(foreign([], { finish: { reason, native: "x" } }), converse);
    expect(body["stopReason"]).toBe(stopReason);
  });

  test("shows hidden thinking so that it can be given back", () => {
    const part = {
      kind: "redacted_reasoning",
      data: { family: "anthropic", value: "ZGF0" },
      at,
    } as const;
    const { body } = writtenAnswer(foreign([part]), converse);
    const text = JSON.stringify(body);
    expect(text).toMatch(/"redactedContent":"[A-Za-z0-9+/=]+"/);
    expect(converse.parseResponse(body).choices[0]?.parts).toMatchObject([
      { kind: "redacted_reasoning", data: part.data },
    ]);
  });

  test("says only the first of several, and why it was blocked", () => {
    const response = foreign([{ kind: "text", text: "a", at }], { logprobs: [] });
    const [choice] = response.choices;
    const choices = choice === undefined ? [] : [choice, { ...choice, index: 1 }];
    expect(writtenAnswer({ ...response, choices }, converse).warnings).toEqual([
      "choiceCount",
      "logprobs",
    ]);
    const finish = { reason: "content_filter", native: "SAFETY", message: "Too hot" } as const;
    const { body } = writtenAnswer(foreign([], { finish }), converse);
    expect(body["output"]).toEqual({
      message: { role: "assistant", content: [{ text: "Too hot" }] },
    });
  });

  test.each<[string, AssistantPart]>([
    ["another family's own part", { kind: "native", family: "openai", type: "x", value: {}, at }],
    [
      "an image by its URL",
      { kind: "image", source: { kind: "url", url: "https://a", mediaType: null }, at },
    ],
    [
      "a document",
      { kind: "document", source: { kind: "text", mediaType: "text/plain", text: "" }, at },
    ],
  ])("warns of %s", (_, part) => {
    expect(writtenAnswer(foreign([part]), converse).warnings).toEqual(["here"]);
  });

  test("says nothing of a cache that it hasn't heard of", () => {
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadTokens: 0 };
    const { body } = writtenAnswer({ ...foreign([]), usage }, converse);
    expect(body["usage"]).toEqual({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
    const none = writtenAnswer({ ...foreign([]), usage: null }, converse);
    expect(none.body["usage"]).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
  });
});

describe("What Nova answers by itself", () => {
  test("is Converse's without times, and may count by longer names", () => {
    const nova = chatCodec(MODELS.nova);
    const { metrics: _metrics, ...body } = answer([{ text: "a" }]);
    expect(writtenAnswer(nova.parseResponse(body), nova).body).toEqual(body);
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 6, cacheReadInputTokenCount: 3 };
    expect(nova.parseResponse({ ...body, usage }).usage).toMatchObject({
      inputTokens: 4,
      cacheReadTokens: 3,
    });
  });
});
