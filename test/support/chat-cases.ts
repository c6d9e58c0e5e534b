import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { expect } from "vitest";

interface Said {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
}

/** What is asked, in both dialects' words, and what has to come back from every model. */
export interface ChatCase {
  readonly name: string;
  /** Models that can't answer it, by either dialect: their requests are refused, and nothing is sent. */
  readonly refused: { readonly openai: RegExp; readonly anthropic: RegExp } | null;
  readonly openai: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "model">;
  readonly anthropic: Omit<Anthropic.MessageCreateParamsNonStreaming, "model" | "max_tokens">;
  check(said: Said): void;
}

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const WEATHER = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

/** They write one text: no pictures, no tools, no JSON by a rule. */
const PROMPTS = "meta.llama3|mistral.mistral-7b|amazon.titan-text";

function models(names: string) {
  return new RegExp(`^(${names.replaceAll(".", "\\.")})`);
}

function hasText({ text, calls }: Said): void {
  expect(text).not.toBe("");
  expect(calls).toEqual([]);
}

export const CHAT_CASES: readonly ChatCase[] = [
  {
    name: "a text",
    refused: null,
    openai: {
      messages: [
        { role: "system", content: "Answer in one line." },
        { role: "user", content: "What is the capital of Peru?" },
      ],
    },
    anthropic: {
      system: "Answer in one line.",
      messages: [{ role: "user", content: "What is the capital of Peru?" }],
    },
    check: hasText,
  },
  {
    name: "a forced call",
    refused: { openai: models(PROMPTS), anthropic: models(PROMPTS) },
    openai: {
      messages: [{ role: "user", content: "How is the weather in Lima?" }],
      tools: [{ type: "function", function: { name: "get_weather", parameters: WEATHER } }],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    },
    anthropic: {
      messages: [{ role: "user", content: "How is the weather in Lima?" }],
      tools: [{ name: "get_weather", input_schema: WEATHER }],
      tool_choice: { type: "tool", name: "get_weather" },
    },
    check({ calls }) {
      expect(calls).toEqual([
        { name: "get_weather", input: { city: expect.any(String) as string } },
      ]);
    },
  },
  {
    name: "words on an image",
    refused: {
      openai: models(`${PROMPTS}|mistral.mistral-large`),
      anthropic: models(`${PROMPTS}|mistral.mistral-large`),
    },
    openai: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    },
    anthropic: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
          ],
        },
      ],
    },
    check: hasText,
  },
  {
    name: "JSON by a schema",
    refused: {
      openai: models(`${PROMPTS}|mistral.mistral-large`),
      // Where no tool stands in for it, older models of the same family don't know it.
      anthropic: models(`${PROMPTS}|mistral.mistral-large|claude-3-|anthropic.claude-3-`),
    },
    openai: {
      messages: [{ role: "user", content: "Where is Lima?" }],
      response_format: {
        type: "json_schema",
        json_schema: { name: "place", schema: WEATHER, strict: true },
      },
    },
    anthropic: {
      messages: [{ role: "user", content: "Where is Lima?" }],
      output_config: { format: { type: "json_schema", schema: WEATHER } },
    },
    check({ text, calls }) {
      expect(calls).toEqual([]);
      expect(JSON.parse(text)).toEqual({ city: expect.any(String) as string });
    },
  },
];
