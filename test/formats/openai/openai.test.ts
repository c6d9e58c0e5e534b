import { describe, expect, test } from "vitest";
import type { BodyChoice } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { createOpenAIFormat } from "../../../src/formats/openai/openai.ts";

const format = createOpenAIFormat();

describe("the OpenAI format", () => {
  test("has three bodies, each with its own name", () => {
    expect(format.bodies.map(({ codec }) => codec.name)).toEqual([
      "openai.chat",
      "openai.responses",
      "openai.embeddings",
    ]);
  });

  test.each<[BodyChoice["endpoint"], JsonObject | null, string]>([
    ["chat", null, "openai.chat"],
    ["responses", null, "openai.responses"],
    ["embeddings", null, "openai.embeddings"],
    ["responses", { input: "a" }, "openai.responses"],
    ["embeddings", { input: "a" }, "openai.embeddings"],
    ["responses", { messages: [] }, "openai.chat"],
    ["chat", { object: "response" }, "openai.responses"],
    ["responses", { object: "chat.completion" }, "openai.chat"],
    ["embeddings", { object: "list" }, "openai.embeddings"],
  ])("at %s with %j has the body %s", (endpoint, sample, name) => {
    const choice = { endpoint, model: "m", variant: null, sample };
    expect(format.chooseBody(choice).codec.name).toBe(name);
  });

  test("says what it translates where it has no body", () => {
    const choice = {
      endpoint: "/v1/completions",
      model: "m",
      variant: null,
      sample: null,
    } as const;
    expect(() => format.chooseBody(choice)).toThrow(
      expect.objectContaining({ name: "CodecError", code: "untranslatable", path: "url" }),
    );
  });

  test("takes any custom id", () => {
    expect(format.idRule).toBeNull();
  });

  test.each(format.bodies)("names the settings that $codec.name can say", ({ codec }) => {
    const supports = Object.entries(codec.support.fields);
    expect(supports.length).toBeGreaterThan(5);
    const said = supports
      .filter(([, support]) => support === "kept" || support === "partly")
      .map(([field]) => field);
    const unnamed = new Set(["truncate", "normalize"]);
    expect(Object.keys(codec.fieldNames)).toEqual(
      expect.arrayContaining(said.filter((field) => !unnamed.has(field))),
    );
  });
});
