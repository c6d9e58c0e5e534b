import { describe, expect, test } from "vitest";
import type { BodyChoice } from "../../../src/core/format.ts";
import type { Support } from "../../../src/core/chat-fields.ts";
import { createGeminiFormat } from "../../../src/formats/gemini/gemini.ts";
import { errorOf } from "./bodies.ts";

const format = createGeminiFormat();
const choice = (more: Partial<BodyChoice>): BodyChoice => ({
  endpoint: "chat",
  model: null,
  variant: null,
  sample: null,
  ...more,
});

describe("the format", () => {
  test("has two bodies, whose model the job names, and takes any custom id", () => {
    expect(format.name).toBe("gemini");
    expect(format.idRule).toBeNull();
    expect(format.bodies.map(({ codec, frame }) => [codec.name, frame.modelIn])).toEqual([
      ["gemini.generateContent", "job"],
      ["gemini.embedContent", "job"],
    ]);
  });

  test.each<[Partial<BodyChoice>, string]>([
    [{}, "gemini.generateContent"],
    [{ endpoint: "responses" }, "gemini.generateContent"],
    [{ endpoint: "embeddings" }, "gemini.embedContent"],
    [{ sample: { content: {} } }, "gemini.embedContent"],
    [{ sample: { embedding: {} } }, "gemini.embedContent"],
    [{ endpoint: "embeddings", sample: { contents: [] } }, "gemini.generateContent"],
    [{ endpoint: "embeddings", sample: { candidates: [] } }, "gemini.generateContent"],
    [{ sample: { promptFeedback: {} } }, "gemini.generateContent"],
  ])("chooses by sample and endpoint: %j", (more, name) => {
    expect(format.chooseBody(choice(more)).codec.name).toBe(name);
  });

  test("says what it has where it has nothing", () => {
    const error = errorOf(() => format.chooseBody(choice({ endpoint: "/v1/moderations" })));
    expect(error.code).toBe("untranslatable");
    expect(error.message).toContain("chat, responses and embeddings");
  });

  test("each setting that is said has a name in Gemini's bodies, and no other", () => {
    const said = (support: Support) =>
      support === "kept" || support === "partly" || support === "emulated";
    for (const { codec } of format.bodies) {
      const names = Object.keys(codec.fieldNames).toSorted();
      const fields = Object.entries(codec.support.fields).filter(
        ([field, support]) => said(support) && field !== "encodings",
      );
      expect(names).toEqual(fields.map(([field]) => field).toSorted());
    }
  });
});
