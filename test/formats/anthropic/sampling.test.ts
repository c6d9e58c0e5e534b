import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { fromOpenai, openaiBody } from "./bodies.ts";

const both = "topP: this model takes temperature or top_p, not both";
const refused = "this model doesn't take it";

interface Case {
  readonly model: string;
  readonly sampling: JsonObject;
  readonly written: JsonObject;
  readonly warnings?: readonly string[];
}

test.each<Case>([
  { model: "claude-sonnet-4-5", sampling: { temperature: 0 }, written: { temperature: 0 } },
  { model: "claude-sonnet-4-5", sampling: { temperature: 0.7 }, written: { temperature: 0.7 } },
  {
    model: "claude-sonnet-4-5",
    sampling: { temperature: 1.5 },
    written: { temperature: 1 },
    warnings: ["temperature: Anthropic's models take 0 to 1"],
  },
  {
    model: "claude-sonnet-4-5",
    sampling: { temperature: -1 },
    written: { temperature: 0 },
    warnings: ["temperature: Anthropic's models take 0 to 1"],
  },
  { model: "claude-sonnet-4-5", sampling: { top_p: 0.5 }, written: { top_p: 0.5 } },
  { model: "claude-sonnet-4-5", sampling: { top_k: 5 }, written: { top_k: 5 } },
  {
    model: "claude-sonnet-4-5",
    sampling: { temperature: 0.2, top_p: 0.5, top_k: 5 },
    written: { temperature: 0.2, top_k: 5 },
    warnings: [both],
  },
  {
    model: "claude-sonnet-4-5",
    sampling: { temperature: 0.2, top_p: 1 },
    written: { temperature: 0.2 },
  },
  {
    model: "claude-opus-4-1",
    sampling: { temperature: 1, top_p: 0.5 },
    written: { top_p: 0.5 },
  },
  {
    model: "claude-3-5-haiku-latest",
    sampling: { temperature: 0.2, top_p: 0.5 },
    written: { temperature: 0.2, top_p: 0.5 },
  },
  { model: "claude-opus-4-7", sampling: { temperature: 1, top_p: 0.99 }, written: {} },
  {
    model: "claude-opus-4-7",
    sampling: { temperature: 0, top_p: 0.5, top_k: 3 },
    written: {},
    warnings: [`temperature: ${refused}`, `topP: ${refused}`, `topK: ${refused}`],
  },
  {
    model: "claude-sonnet-4-5",
    sampling: {
      temperature: 0.2,
      top_p: 0.5,
      top_k: 3,
      reasoning_effort: "low",
      max_completion_tokens: 4096,
    },
    written: {},
    warnings: [
      "temperature: not together with thinking",
      "topP: not together with thinking",
      "topK: not together with thinking",
    ],
  },
  {
    model: "claude-opus-4-6",
    sampling: { temperature: 1, reasoning_effort: "low" },
    written: {},
  },
])("$model with $sampling gets $written", ({ model, sampling, written, warnings = [] }) => {
  const { body, warnings: found } = fromOpenai(openaiBody(sampling), { model });
  const { temperature, top_p, top_k } = body;
  expect({ temperature, top_p, top_k }).toEqual({
    temperature: undefined,
    top_p: undefined,
    top_k: undefined,
    ...written,
  });
  expect(found).toEqual(warnings);
});
