import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Format } from "../../src/core/format.ts";
import { formats } from "../../src/formats/formats.ts";
import { surveyLines } from "../../src/lines/survey.ts";
import { planLines, type Target } from "../../src/lines/target.ts";

const LIMITS = { minLines: 1, maxLines: 9, maxBytes: 999, windowHours: 24 };
const PROVIDERS = {
  openai: { format: "openai", oneModel: true, modelPrefix: null },
  anthropic: { format: "anthropic", oneModel: false, modelPrefix: "anthropic" },
  gemini: { format: "gemini", oneModel: true, modelPrefix: "gemini" },
  bedrock: { format: "bedrock", oneModel: true, modelPrefix: "bedrock" },
} as const;

async function plan(
  lines: readonly object[],
  name: keyof typeof PROVIDERS,
  changes: Partial<Target> = {},
) {
  const { format, oneModel, modelPrefix } = PROVIDERS[name];
  const rule: Format["idRule"] = formats[format].idRule;
  const text = lines
    .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
    .join("\n");
  const survey = await surveyLines(
    Readable.from([Buffer.from(text)]),
    { endpoint: "/v1/chat/completions", idRule: rule, maxLineBytes: 10_000 },
    new AbortController().signal,
  );
  const target: Target = {
    provider: { format, modelPrefix, hasBatches: true, limits: { ...LIMITS, oneModel } },
    endpoint: "/v1/chat/completions",
    model: null,
    variant: null,
    mode: "warn",
    ...changes,
  };
  const planned = planLines(survey, target);
  return planned.kind === "planned" ? planned.plan : planned.errors;
}

const openai = (id: string, model?: string) => ({
  custom_id: id,
  method: "POST",
  url: "/v1/chat/completions",
  body: { model, messages: [{ role: "user", content: "hi" }] },
});
const claude = (id: string, model?: string) => ({
  custom_id: id,
  params: { model, max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
});
const gemini = (key: string) => ({ key, request: { contents: [{ parts: [{ text: "hi" }] }] } });
const CLAUDE_3 = "anthropic.claude-3-haiku-20240307-v1:0";

describe("lines that may go as they are", () => {
  test.each([
    { what: "OpenAI's to OpenAI", lines: [openai("a", "m"), openai("b", "m")], name: "openai" },
    { what: "also with lines that are none", lines: ["hello", openai("a", "m")], name: "openai" },
    {
      what: "Anthropic's to Anthropic",
      lines: [claude("a", "m"), claude("b", "n")],
      name: "anthropic",
    },
    { what: "Gemini's to Gemini", lines: [gemini("a")], name: "gemini", model: "gemini-2.5-flash" },
  ] as const)("$what", async ({ lines, name, ...rest }) => {
    const model = "model" in rest ? rest.model : null;
    expect(await plan(lines as never, name, { model })).toMatchObject({
      isUntouched: true,
      recipe: "bytes",
    });
  });

  test.each([
    { what: "another format", lines: [openai("a", "gemini-2.5-flash")], name: "gemini" },
    { what: "mixed formats", lines: [claude("a", "m"), openai("b", "m")], name: "anthropic" },
    { what: "a prefix that has to go", lines: [claude("a", "anthropic/m")], name: "anthropic" },
    { what: "an id that is not allowed there", lines: [claude("a b", "m")], name: "anthropic" },
    {
      what: "a model that has to be filled in",
      lines: [claude("a")],
      name: "anthropic",
      model: "m",
    },
  ] as const)("not with $what", async ({ lines, name, ...rest }) => {
    const model = "model" in rest ? rest.model : null;
    expect(await plan(lines, name, { model })).toMatchObject({ isUntouched: false });
  });
});

describe("the job's model", () => {
  test.each([
    {
      lines: [openai("a", "gemini/gemini-2.5-flash")],
      name: "gemini",
      model: null,
      expected: "gemini-2.5-flash",
    },
    {
      lines: [openai("a")],
      name: "gemini",
      model: "gemini/gemini-2.5-pro",
      expected: "gemini-2.5-pro",
    },
    { lines: [openai("a", CLAUDE_3)], name: "bedrock", model: CLAUDE_3, expected: CLAUDE_3 },
    { lines: [claude("a", "m"), claude("b", "n")], name: "anthropic", model: null, expected: null },
  ] as const)("$name: $expected", async ({ lines, name, model, expected }) => {
    expect(await plan(lines, name, { model })).toMatchObject({ model: expected });
  });
});

describe("what is refused before anything is sent", () => {
  test.each([
    {
      what: "a second model where one is taken",
      lines: [openai("a", "gemini-2.5-flash"), openai("b", "gemini-2.5-pro")],
      name: "gemini",
      errors: [{ code: "mismatched_model", param: "body.model", line: 2 }],
    },
    {
      what: "a model that isn't the batch's",
      lines: [openai("a", "m"), openai("b", "n")],
      name: "openai",
      model: "m",
      errors: [{ code: "mismatched_model", line: 2 }],
    },
    {
      what: "no model at all",
      lines: [openai("a")],
      name: "gemini",
      errors: [{ code: "missing_model", param: "body.model", line: 1 }],
    },
    {
      what: "a model that there is no body for",
      lines: [openai("a", "amazon.nova-canvas-v1:0")],
      name: "bedrock",
      errors: [{ code: "untranslatable", message: expect.stringContaining("Claude, Nova") }],
    },
    {
      what: "an id that comes twice",
      lines: [
        openai("a", "gemini-2.5-flash"),
        openai("b", "gemini-2.5-flash"),
        openai("a", "gemini-2.5-flash"),
      ],
      name: "gemini",
      errors: [{ code: "duplicate_custom_id", param: "custom_id", line: 3 }],
    },
    {
      what: "a line for another endpoint",
      lines: [{ ...openai("a", "gemini-2.5-flash"), url: "/v1/embeddings" }],
      name: "gemini",
      errors: [{ code: "invalid_url", param: "url", line: 1 }],
    },
  ] as const)("$what", async ({ lines, name, errors, ...rest }) => {
    const model = "model" in rest ? rest.model : null;
    expect(await plan(lines, name, { model })).toMatchObject(errors);
  });
});
