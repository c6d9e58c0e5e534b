import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../../src/core/tools.ts";
import { specProblem } from "../../support/specs.ts";
import { chat, chatCodec, MODELS, user, written } from "./bodies.ts";
import { CONVERSE_TOOL_BODIES } from "./converse-bodies.ts";

const nova = chatCodec(MODELS.nova);
const at = childPath(ROOT, "here");
const hello = { messages: [{ role: "user", content: [{ text: "Hi" }] }] };

function write(fields: Partial<ChatRequest>, model: string = MODELS.nova) {
  const result = written(chat([user("Hi")], fields), nova, { model });
  const { inferenceConfig, ...body } = result.body;
  // AWS has no schema of it: Converse's, whose settings are fewer.
  expect(specProblem("bedrock", "ConverseRequest", body)).toBeNull();
  return { ...result, inferenceConfig };
}

describe("Nova's own body", () => {
  test.each<[string, JsonObject]>([
    ["a text", hello],
    [
      "every setting",
      {
        ...hello,
        system: [{ text: "S" }],
        inferenceConfig: { maxTokens: 5, temperature: 0, topP: 1, topK: 20, stopSequences: ["a"] },
      },
    ],
    [
      "images and films",
      {
        messages: [
          {
            role: "user",
            content: [
              { image: { format: "png", source: { bytes: "QUJD" } } },
              { video: { format: "mp4", source: { s3Location: { uri: "s3://bucket/a" } } } },
              { text: "?" },
            ],
          },
        ],
      },
    ],
  ])("with %s comes out as it went in", (_, body) => {
    const { body: again, warnings } = written(nova.parseRequest(body), nova, {
      model: MODELS.nova,
    });
    expect(again).toEqual(body);
    expect(warnings).toEqual([]);
  });

  test("takes tools in a batch", () => {
    const { tools } = CONVERSE_TOOL_BODIES;
    const request = nova.parseRequest(tools ?? {});
    const own = { ...request, tools: request.tools?.filter(({ kind }) => kind === "function") };
    const { body } = written(own, nova, { model: MODELS.nova, isBatch: true });
    expect(body["toolConfig"]).toMatchObject({
      tools: [{ toolSpec: { name: "get_weather" } }, { cachePoint: { type: "default" } }],
      toolChoice: { tool: { name: "get_weather" } },
    });
  });

  test("is read with the names of its first days", () => {
    const inferenceConfig = { max_new_tokens: 5, top_p: 0.5, top_k: 9 };
    expect(
      nova.parseRequest({ ...hello, schemaVersion: "messages-v1", inferenceConfig }),
    ).toMatchObject({
      maxTokens: 5,
      topP: 0.5,
      topK: 9,
      extras: [],
    });
  });

  test.each<[string, JsonObject]>([
    [
      "beside the others",
      { inferenceConfig: { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } } },
    ],
    ["at the top", { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } }],
  ])("says how to think: %s", (_, fields) => {
    expect(nova.parseRequest({ ...hello, ...fields })).toMatchObject({
      reasoning: { effort: "low" },
      extras: [],
    });
  });

  test("thinks where it can", () => {
    const reasoning = { effort: "low" } as const;
    expect(write({ reasoning }, MODELS.nova2).inferenceConfig).toEqual({
      reasoningConfig: { type: "enabled", maxReasoningEffort: "low" },
    });
    expect(write({ reasoning }).warnings).toEqual(["reasoning"]);
  });

  test("answers by a schema with a tool, in a batch too", () => {
    const { body, warnings } = write({
      responseFormat: { kind: "json_schema", schema: { properties: { a: {} } }, description: "D" },
    });
    expect(body["toolConfig"]).toEqual({
      tools: [
        {
          toolSpec: {
            name: JSON_OUTPUT_TOOL,
            description: "D",
            inputSchema: { json: { type: "object", properties: { a: {} } } },
          },
        },
      ],
      toolChoice: { any: {} },
    });
    expect(warnings).toEqual([]);
  });

  test("has no documents, but says the text of one", () => {
    const text = { kind: "text", mediaType: "text/plain", text: "Long" } as const;
    const pdf = { kind: "base64", mediaType: "application/pdf", data: "" } as const;
    const of = (source: typeof text | typeof pdf) =>
      written(
        chat([
          user({ kind: "document", source, filename: "a.txt", context: "C", citations: true, at }),
        ]),
        nova,
        { model: MODELS.nova },
      );
    expect(of(text).body["messages"]).toEqual([
      { role: "user", content: [{ text: "a.txt\n\nC\n\nLong" }] },
    ]);
    expect(of(text).warnings).toEqual(["here.citations"]);
    expect(() => of(pdf)).toThrow(/only in a Converse body/);
  });

  test("refuses what only Converse has", () => {
    const native = {
      kind: "native",
      family: "bedrock",
      type: "guardContent",
      value: {},
      at,
    } as const;
    expect(() => written(chat([user(native)]), nova, { model: MODELS.nova })).toThrow(
      /no part "guardContent"/,
    );
  });

  test("warns of what the body has no place for", () => {
    const { warnings } = write({ metadata: { a: "b" }, user: "u", seed: 1, serviceTier: "flex" });
    expect(warnings.toSorted()).toEqual(["metadata", "seed", "user"]);
  });
});
