import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import { checkChatBody } from "../../../src/emulators/openai/answers/chat-rules.ts";
import { checkResponseBody } from "../../../src/emulators/openai/answers/response-rules.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { specProblem } from "../../support/specs.ts";
import { assistant, at, call, FOREIGN_CASES, result, text, tool, user } from "./foreign-cases.ts";
import { recordingContext } from "./recording-context.ts";
import { foreignRequest, place, userText, writtenRequest } from "./translated.ts";

interface Effort {
  readonly family?: ChatRequest["family"];
  readonly model: string;
  readonly reasoning: ChatRequest["reasoning"];
  readonly effort?: string;
  readonly warned?: boolean;
}

const budget = (tokens: number) => ({ thinking: { kind: "budget", tokens } }) as const;

describe("a request of another family", () => {
  const chatCases = Object.entries(FOREIGN_CASES).filter(([, { chat }]) => chat !== undefined);
  test.each(chatCases)("with %s is said as Chat Completions", (_, { request, model, ...found }) => {
    const { body, warnings } = writtenRequest(
      foreignRequest({ model: "gpt-4o", ...request }),
      openaiChat,
      model ?? "gpt-4o",
    );
    expect(body).toEqual({
      model: model ?? "gpt-4o",
      messages: [{ role: "user", content: "Hello" }],
      ...found.chat,
    });
    expect(warnings).toEqual(found.chatWarnings ?? []);
    expect(specProblem("openai", "CreateChatCompletionRequest", body)).toBeNull();
    checkChatBody(body);
  });

  const responsesCases = Object.entries(FOREIGN_CASES).filter(
    ([, found]) => found.responses !== undefined,
  );
  test.each(responsesCases)("with %s is said as a Response", (_, { request, model, ...found }) => {
    const { body, warnings } = writtenRequest(
      foreignRequest({ model: "gpt-4o", ...request }),
      openaiResponses,
      model ?? "gpt-4o",
    );
    expect(body).toEqual({
      model: model ?? "gpt-4o",
      input: [{ type: "message", role: "user", content: "Hello" }],
      store: false,
      ...found.responses,
    });
    expect(warnings).toEqual(found.responsesWarnings ?? []);
    expect(specProblem("openai", "CreateResponse", body)).toBeNull();
    checkResponseBody(body);
  });

  test("has both kinds of cases", () => {
    expect(chatCases.length).toBeGreaterThan(10);
    expect(responsesCases.length).toBeGreaterThan(10);
  });

  const image = {
    kind: "image",
    source: { kind: "file", family: "anthropic", id: "file_1", mediaType: null },
    at,
  } as const;
  const video = {
    kind: "video",
    source: { kind: "base64", mediaType: "video/mp4", data: "AAAA" },
    at,
  } as const;
  const audio = {
    kind: "audio",
    source: { kind: "base64", mediaType: "audio/ogg", data: "AAAA" },
    at,
  } as const;
  const native = {
    kind: "native",
    family: "anthropic",
    type: "server_tool_use",
    value: {},
    at,
  } as const;

  test.each<[string, Partial<ChatRequest>, string]>([
    ["an image stored elsewhere", { messages: [user(image)] }, "messages[0].content[0]"],
    ["a video", { messages: [user(video)] }, "messages[0].content[0]"],
    ["sound that isn't wav or mp3", { messages: [user(audio)] }, "messages[0].content[0]"],
    ["a part that only its family knows", { messages: [user(native)] }, "messages[0].content[0]"],
    ["such a part of the assistant", { messages: [assistant(native)] }, "messages[0].content[0]"],
    [
      "an image that the assistant made",
      {
        messages: [
          assistant({ ...image, source: { kind: "base64", mediaType: "image/png", data: "" } }),
        ],
      },
      "messages[0].content[0]",
    ],
    [
      "a tool that the provider runs",
      {
        tools: [
          {
            kind: "native",
            family: "anthropic",
            name: "web_search",
            value: {},
            at: place("tools", 0),
          },
        ],
      },
      "tools[0]",
    ],
    [
      "a name that OpenAI's tools can't have",
      { tools: [{ kind: "function", name: "a.b", at: place("tools", 0) }] },
      "tools[0]",
    ],
    [
      "a field without which the answer would be another",
      { extras: [{ path: place("cachedContent"), value: "c", isEssential: true }] },
      "cachedContent",
    ],
  ])("with %s is refused by both", (_, request, path) => {
    for (const codec of [openaiChat, openaiResponses]) {
      expect(() => writtenRequest(foreignRequest(request), codec)).toThrow(
        expect.objectContaining({ name: "CodecError", code: "untranslatable", path }),
      );
    }
  });

  test.each<[string, Partial<ChatRequest>]>([
    ["more stops than four", { stop: ["a", "b", "c", "d", "e"] }],
    [
      "a file on the web",
      {
        messages: [
          user({
            kind: "document",
            source: { kind: "url", url: "https://a", mediaType: null },
            at,
          }),
        ],
      },
    ],
    [
      "an image in a tool's result",
      {
        messages: [
          tool(
            result("c", { ...image, source: { kind: "url", url: "https://a", mediaType: null } }),
          ),
        ],
      },
    ],
  ])("with %s is refused by Chat Completions", (_, request) => {
    expect(() => writtenRequest(foreignRequest(request), openaiChat)).toThrow(
      expect.objectContaining({ code: "untranslatable" }),
    );
  });

  test.each<[string, Partial<ChatRequest>]>([
    ["two answers", { choiceCount: 2 }],
    [
      "sound",
      {
        messages: [
          user({ ...audio, source: { kind: "base64", mediaType: "audio/wav", data: "" } }),
        ],
      },
    ],
  ])("with %s is refused by Responses", (_, request) => {
    expect(() => writtenRequest(foreignRequest(request), openaiResponses)).toThrow(
      expect.objectContaining({ code: "untranslatable" }),
    );
  });

  test.each<Effort>([
    { model: "gpt-5", reasoning: { thinking: { kind: "off" } }, effort: "minimal", warned: true },
    { model: "gpt-5.1", reasoning: { thinking: { kind: "off" } }, effort: "none" },
    { model: "o3", reasoning: { effort: "minimal" }, effort: "low", warned: true },
    { model: "o3", reasoning: { effort: "max" }, effort: "high", warned: true },
    { model: "o3", reasoning: { thinking: { kind: "adaptive" } } },
    { model: "o3", reasoning: { thinking: { kind: "adaptive" }, effort: "low" }, effort: "low" },
    { model: "o3", reasoning: budget(1024), effort: "low" },
    { model: "o3", reasoning: budget(2048), effort: "medium" },
    { model: "o3", reasoning: budget(10_000), effort: "high" },
    { family: "gemini", model: "o3", reasoning: budget(8192), effort: "medium" },
    { family: "gemini", model: "o3", reasoning: budget(24_576), effort: "high" },
    { family: "gemini", model: "gpt-4o", reasoning: budget(0) },
    { model: "gpt-4o", reasoning: { effort: "high" }, warned: true },
    { model: "gpt-5-chat-latest", reasoning: { effort: "high" }, warned: true },
    { model: "some/new-model", reasoning: { effort: "xhigh" }, effort: "xhigh" },
    { family: "openai", model: "gpt-4o", reasoning: { effort: "high" }, effort: "high" },
  ])("asks $model for thinking $reasoning as $effort", (found) => {
    const { family = "anthropic", model, reasoning, effort, warned = false } = found;
    const { body, warnings } = writtenRequest(
      foreignRequest({ family, reasoning }),
      openaiChat,
      model,
    );
    expect(body["reasoning_effort"]).toBe(effort);
    expect(warnings).toEqual(warned ? ["reasoning"] : []);
  });

  test("keeps calls and results together when ids are too long for Responses", () => {
    const id = `call_${"x".repeat(100)}`;
    const request = foreignRequest({
      messages: [userText("Go"), assistant(call(id)), tool(result(id, text("y")))],
    });
    const { body } = writtenRequest(request, openaiResponses);
    const ids = Array.isArray(body["input"])
      ? body["input"].slice(1).map((item) => item.call_id)
      : [];
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0].length).toBeLessThanOrEqual(64);
  });

  test("names another family's price only in single calls", () => {
    const request = foreignRequest({ serviceTier: "standard_only" });
    expect(
      openaiChat.writeRequest(request, recordingContext({ isBatch: false }))["service_tier"],
    ).toBe("default");
    expect(writtenRequest(request, openaiChat).body["service_tier"]).toBeUndefined();
  });
});
