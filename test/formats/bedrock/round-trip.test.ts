import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { ChatResponse } from "../../../src/core/chat-response.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { chat, chatCodec, MODELS, written, writtenAnswer } from "./bodies.ts";

/** Any text but a blank one, and without the marks of anybody's roles: those are refused. */
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((value) => value.trim() !== "" && !/<|\[|\r|\n|User:|Bot:/.test(value));

const turns = fc
  .array(text, { minLength: 1, maxLength: 5 })
  .filter(({ length }) => length % 2 === 1);

const settings = fc.record(
  {
    maxTokens: fc.integer({ min: 1, max: 5000 }),
    temperature: fc.constantFrom(0, 0.25, 1),
    topP: fc.constantFrom(0.1, 0.9),
    topK: fc.integer({ min: 1, max: 500 }),
    stop: fc.array(text, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

function conversation(texts: readonly string[]): Message[] {
  return texts.map((value, index): Message => {
    const parts = [{ kind: "text", text: value, at: ROOT }] as const;
    return { kind: index % 2 === 0 ? "user" : "assistant", at: ROOT, parts };
  });
}

function meaning({ messages, maxTokens, temperature, topP, topK, stop }: ChatRequest) {
  const said = messages.map(({ kind, parts }) => [
    kind,
    ...parts.map((part) => part.kind === "text" && part.text),
  ]);
  return JSON.stringify({ said, maxTokens, temperature, topP, topK, stop });
}

/** Llama takes no stops, Llama and Titan no topK. */
const WITHOUT: Readonly<Record<string, readonly (keyof ChatRequest)[]>> = {
  [MODELS.llama]: ["stop", "topK"],
  [MODELS.llama4]: ["stop", "topK"],
  [MODELS.titan]: ["topK"],
  [MODELS.mistralLarge]: ["stop", "topK"],
};

const bodies = [
  [MODELS.nova, null],
  [MODELS.nova, "Converse"],
  [MODELS.mistral, "Converse"],
  [MODELS.llama, null],
  [MODELS.llama4, null],
  [MODELS.mistral, null],
  [MODELS.mistralLarge, null],
  [MODELS.titan, null],
] as const;

describe("What a body can say means the same after a way there and back", () => {
  test.each(bodies)("%s %s", (model, variant) => {
    const codec = chatCodec(model, variant);
    const without = variant === null ? (WITHOUT[model] ?? []) : [];
    let count = 0;
    fc.assert(
      fc.property(turns, settings, (texts, fields) => {
        const kept = Object.fromEntries(
          Object.entries(fields).filter(([name]) => !without.some((other) => other === name)),
        );
        const request = chat(conversation(texts), kept);
        const { body, warnings } = written(request, codec, { model });
        const again = codec.parseRequest(body);
        expect(meaning(again)).toBe(meaning(request));
        expect(warnings).toEqual([]);
        expect(again.extras).toEqual([]);
        expect(written(again, codec, { model })).toEqual({ body, warnings: [] });
        count += 1;
      }),
      { numRuns: 500 },
    );
    expect(count).toBe(500);
  });

  test.each(bodies)("as an answer: %s %s", (model, variant) => {
    const codec = chatCodec(model, variant);
    const usage = { inputTokens: 5, outputTokens: 2, totalTokens: 7 };
    fc.assert(
      fc.property(text, fc.constantFrom("stop", "length"), (value, reason) => {
        const parts = [{ kind: "text", text: value, at: ROOT } as const];
        const response: ChatResponse = {
          family: "openai",
          id: null,
          model: null,
          createdAtSeconds: null,
          choices: [{ index: 0, parts, finish: { reason, native: reason } }],
          usage,
          extras: [],
        };
        const { body, warnings } = writtenAnswer(response, codec);
        const again = codec.parseResponse(body);
        expect(again.choices).toMatchObject([{ parts: [{ text: value }], finish: { reason } }]);
        expect(again.usage ?? usage).toMatchObject(usage);
        expect(warnings).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(codec.family).toBe("bedrock");
  });
});
