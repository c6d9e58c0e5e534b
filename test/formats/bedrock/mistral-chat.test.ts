import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import type { ToolDefinition } from "../../../src/core/tools.ts";
import {
  assistant,
  chat,
  chatCodec,
  MODELS,
  system,
  user,
  written,
  writtenAnswer,
} from "./bodies.ts";

const codec = chatCodec(MODELS.mistralLarge);
const at = childPath(ROOT, "here");
const tools: readonly ToolDefinition[] = [
  { kind: "function", name: "t", at },
  { kind: "function", name: "u", at },
];
const specs = [
  { type: "function", function: { name: "t" } },
  { type: "function", function: { name: "u" } },
];

function write(fields: Partial<ChatRequest>, model: string = MODELS.mistralLarge) {
  return written(chat([user("Hi")], fields), codec, { model });
}

describe("Mistral's chat body", () => {
  test("is OpenAI's with words of its own", () => {
    const { body, warnings } = written(
      chat(
        [
          {
            ...system("S"),
            kind: "system",
            role: "developer",
            parts: [{ kind: "text", text: "S", at }],
          },
          user("Hi"),
          assistant({ kind: "refusal", text: "No", at }),
          user("Please"),
        ],
        { tools, toolChoice: { kind: "required" }, maxTokens: 5, temperature: 1.5, topP: 0.5 },
      ),
      codec,
      { model: MODELS.mistralLarge },
    );
    expect(body).toEqual({
      messages: [
        { role: "system", content: "S" },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "No" },
        { role: "user", content: "Please" },
      ],
      tools: specs,
      tool_choice: "any",
      max_tokens: 5,
      temperature: 1,
      top_p: 0.5,
    });
    expect(warnings).toEqual(["temperature"]);
  });

  test.each<[string, ChatRequest["toolChoice"], readonly JsonObject[], string]>([
    ["one tool", { kind: "named", name: "u" }, [specs[1] ?? {}], "any"],
    ["some tools", { kind: "allowed", mode: "auto", names: ["t"] }, [specs[0] ?? {}], "auto"],
    ["one of some", { kind: "allowed", mode: "required", names: ["t", "u"] }, specs, "any"],
    ["none", { kind: "none" }, specs, "none"],
  ])("leaves the model the choice of %s", (_, toolChoice, ...[expected, word]) => {
    const { body } = write({ tools, toolChoice });
    expect(body).toMatchObject({ tools: expected, tool_choice: word });
  });

  test("is read back", () => {
    const body = {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "a", function: { name: "t", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "a", content: "1" },
      ],
      tools: specs,
      tool_choice: "any",
      max_tokens: 5,
    };
    const request = codec.parseRequest(body);
    expect(request).toMatchObject({
      family: "bedrock",
      model: null,
      maxTokens: 5,
      toolChoice: { kind: "required" },
    });
    expect(request.messages.map(({ kind }) => kind)).toEqual(["user", "assistant", "tool"]);
    expect(written(request, codec, { model: MODELS.mistralLarge }).body).toMatchObject({
      tools: specs,
      tool_choice: "any",
    });
  });

  test("is held to a schema by the newer models alone", () => {
    const responseFormat = {
      kind: "json_schema",
      name: "n",
      schema: { type: "object" },
      strict: true,
    } as const;
    expect(write({ responseFormat }, MODELS.ministral).body["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { name: "n", schema: { type: "object" }, strict: true },
    });
    expect(() => write({ responseFormat })).toThrow(/can't be held to a schema/);
    const { body, warnings } = write({ responseFormat: { kind: "json_object" } });
    expect(body["response_format"]).toBeUndefined();
    expect(body["messages"]).toMatchObject([{ role: "system" }, { role: "user" }]);
    expect(warnings).toEqual(["responseFormat"]);
  });

  test("shows images to the models that see", () => {
    const image = {
      kind: "image",
      source: { kind: "base64", mediaType: "image/png", data: "QUJD" },
      at,
    } as const;
    const of = (model: string) => written(chat([user(image)]), codec, { model });
    expect(() => of(MODELS.mistralLarge)).toThrow(/takes no images/);
    expect(JSON.stringify(of("mistral.pixtral-large-2502-v1:0").body)).toContain(
      "data:image/png;base64,QUJD",
    );
  });

  test("has few settings", () => {
    const { body, warnings } = write({
      stop: ["a"],
      topK: 5,
      seed: 1,
      parallelToolCalls: false,
      user: "u",
    });
    expect(body).toEqual({ messages: [{ role: "user", content: "Hi" }] });
    expect(warnings.toSorted()).toEqual(["parallelToolCalls", "seed", "stop", "topK", "user"]);
  });

  test("is answered with OpenAI's choices, which stop by another name", () => {
    const body = {
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, stop_reason: "length" }],
    };
    const response = codec.parseResponse(body);
    expect(response).toMatchObject({
      family: "bedrock",
      choices: [{ finish: { reason: "length" } }],
    });
    expect(writtenAnswer(response, codec).body).toMatchObject({
      choices: [{ message: { content: "Hi" }, stop_reason: "length" }],
    });
  });
});
