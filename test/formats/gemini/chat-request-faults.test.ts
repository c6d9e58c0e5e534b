import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { pathText } from "../../../src/core/json-path.ts";
import { geminiChat } from "../../../src/formats/gemini/chat.ts";
import { errorOf, geminiBody, hi, toOpenai } from "./bodies.ts";

const parse = (body: JsonObject) => geminiChat.parseRequest(body);
const inline = (mimeType: string) => ({ inlineData: { mimeType, data: "AAAA" } });
const said = (...parts: JsonObject[]): JsonObject => ({ contents: [{ role: "user", parts }] });
const model = (...parts: JsonObject[]): JsonObject => ({
  contents: [hi, { role: "model", parts }],
});

describe("what the hub has no word for", () => {
  const extrasOf = (more: JsonObject) =>
    parse(geminiBody(more)).extras.map(({ path, isEssential }) => [pathText(path), isEssential]);

  test.each<[string, JsonObject, unknown[]]>([
    [
      "safety settings are left out with a warning",
      { safetySettings: [] },
      [["safetySettings", false]],
    ],
    [
      "cached content can't be left out",
      { cached_content: "cachedContents/a" },
      [["cached_content", true]],
    ],
    [
      "nor another kind of answer",
      { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } },
      [["generationConfig.responseModalities", true]],
    ],
    [
      "nor a voice",
      { generationConfig: { speechConfig: {} } },
      [["generationConfig.speechConfig", true]],
    ],
    ["text goes without saying", { generationConfig: { responseModalities: ["TEXT"] } }, []],
    [
      "a word of an enum isn't JSON",
      {
        generationConfig: {
          responseMimeType: "text/x.enum",
          responseSchema: { type: "STRING", enum: ["a"] },
        },
      },
      [
        ["generationConfig.responseMimeType", true],
        ["generationConfig.responseSchema", true],
      ],
    ],
    [
      "VALIDATED",
      { toolConfig: { functionCallingConfig: { mode: "VALIDATED" } } },
      [["toolConfig.functionCallingConfig.mode", false]],
    ],
    [
      "a piece of a film can't be left out",
      said({ ...inline("video/mp4"), videoMetadata: { fps: 1 } }),
      [["contents[0].parts[0].videoMetadata", true]],
    ],
    [
      "notes on a part",
      said({ text: "a", partMetadata: { b: 1 } }),
      [["contents[0].parts[0].partMetadata", false]],
    ],
    [
      "a middling look",
      said({ ...inline("image/png"), mediaResolution: { level: "MEDIA_RESOLUTION_MEDIUM" } }),
      [["contents[0].parts[0].mediaResolution", false]],
    ],
    ["nulls are as good as missing", { safetySettings: null, later: null }, []],
    [
      "what is new",
      {
        later: 1,
        generationConfig: { later: 1 },
        tools: [{ functionDeclarations: [{ name: "f", behavior: "BLOCKING" }] }],
      },
      [
        ["later", false],
        ["generationConfig.later", false],
        ["tools[0].functionDeclarations[0].behavior", false],
      ],
    ],
  ])("%s", (_, more, wanted) => {
    expect(extrasOf(more)).toEqual(wanted);
  });

  test("another family's writer refuses what is essential, and warns of the rest", () => {
    expect(errorOf(() => toOpenai(geminiBody({ cachedContent: "cachedContents/a" }))).path).toBe(
      "cachedContent",
    );
    expect(errorOf(() => toOpenai(geminiBody({ tools: [{ googleSearch: {} }] }))).path).toBe(
      "tools[0].googleSearch",
    );
    expect(errorOf(() => toOpenai(model({ executableCode: { code: "1" } }))).path).toBe(
      "contents[1].parts[0]",
    );
    expect(toOpenai(geminiBody({ safetySettings: [{}] })).warnings).toEqual(["safetySettings"]);
  });
});

describe("what breaks Gemini's own rules is refused by its place", () => {
  test.each<[string, JsonObject, string]>([
    ["no contents", {}, "contents: must be an array; it is missing"],
    ["contents that are text", { contents: "Hi" }, "contents: must be an array"],
    ["a content that is none", { contents: [1] }, "contents[0]: must be an object"],
    [
      "an unknown role",
      { contents: [{ role: "assistant", parts: [] }] },
      "contents[0].role: must be user or model",
    ],
    [
      "two kinds in one part",
      said({ text: "a", inlineData: {} }),
      "contents[0].parts[0].inlineData: a part can't have it beside text",
    ],
    [
      "an image in system text",
      geminiBody({ systemInstruction: { parts: [inline("image/png")] } }),
      "systemInstruction.parts[0]: a system instruction is text only",
    ],
    [
      "a call of the user's",
      said({ functionCall: { name: "f" } }),
      "contents[0].parts[0]: only a turn of the model's",
    ],
    [
      "a result of the model's",
      model({ functionResponse: { name: "f", response: {} } }),
      "contents[1].parts[0]: results of functions",
    ],
    [
      "arguments that are text",
      model({ functionCall: { name: "f", args: "{}" } }),
      "contents[1].parts[0].functionCall.args: must be an object",
    ],
    [
      "a call without a name",
      model({ functionCall: {} }),
      "contents[1].parts[0].functionCall.name: must be a string; it is missing",
    ],
    [
      "bytes without a type",
      said({ inlineData: { data: "" } }),
      "contents[0].parts[0].inlineData.mimeType",
    ],
    [
      "an unknown mode",
      geminiBody({ toolConfig: { functionCallingConfig: { mode: "SOME" } } }),
      "toolConfig.functionCallingConfig.mode: must be AUTO, ANY, NONE or VALIDATED",
    ],
    [
      "an unknown level",
      geminiBody({ generationConfig: { thinkingConfig: { thinkingLevel: "SOME" } } }),
      "thinkingLevel: must be one of MINIMAL, LOW, MEDIUM, HIGH",
    ],
    [
      "a limit that is a word",
      geminiBody({ generation_config: { max_output_tokens: "many" } }),
      "generation_config.max_output_tokens: must be an integer",
    ],
    [
      "a limit beyond numbers",
      geminiBody({ generationConfig: { maxOutputTokens: "1e999" } }),
      "generationConfig.maxOutputTokens: must be an integer",
    ],
    [
      "a stop that is no text",
      geminiBody({ generationConfig: { stopSequences: [1] } }),
      "generationConfig.stopSequences[0]: must be a string",
    ],
  ])("%s", (_, body, message) => {
    const error = errorOf(() => parse(body));
    expect(error.code).toBe("invalid_request");
    expect(error.message).toContain(message);
  });
});
