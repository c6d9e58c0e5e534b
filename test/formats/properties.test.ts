import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatField } from "../../src/core/chat-fields.ts";
import type { ChatRequest } from "../../src/core/chat-request.ts";
import type { ChatCodec } from "../../src/core/format.ts";
import { reportUnsaid } from "../../src/formats/unsaid.ts";
import { recordingContext } from "./openai/recording-context.ts";
import { printed } from "./openai/translated.ts";
import { CHAT_CODECS } from "./oracle/codecs.ts";
import { commonRequests } from "./oracle/common-requests.ts";
import { meaningOf } from "./oracle/meaning.ts";

/** Those that read back what they write: a prompt as one text has lost its turns. */
const MODELS: Readonly<Record<string, string>> = {
  "openai.chat": "gpt-4.1-mini",
  "openai.responses": "gpt-4.1-mini",
  "anthropic.messages": "claude-sonnet-4-5",
  "gemini.generateContent": "gemini-2.5-flash",
  "bedrock.converse": "anthropic.claude-sonnet-4-5-20250929-v1:0",
};

const codecs = CHAT_CODECS.filter((codec) => Object.hasOwn(MODELS, codec.name));
const pairs = codecs.flatMap((from) => codecs.map((to) => ({ from, to })));

describe("what both formats can say means the same after a way there and back", () => {
  test.each(pairs)("$from.name → $to.name → $from.name", ({ from, to }) => {
    const fields = saidByBoth(from, to);
    fc.assert(
      fc.property(commonRequests(fields), (request) => {
        const there = written(request, from);
        const over = written(from.parseRequest(there.body), to);
        const back = written(to.parseRequest(over.body), from);
        expect(meaningOf(from.parseRequest(there.body))).toEqual(meaningOf(request));
        expect(meaningOf(to.parseRequest(over.body))).toEqual(meaningOf(request));
        expect(meaningOf(from.parseRequest(back.body))).toEqual(meaningOf(request));
        expect([there.warnings, over.warnings, back.warnings]).toEqual([[], [], []]);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

function written(request: ChatRequest, codec: ChatCodec) {
  // Converse takes no tools in a batch.
  const context = recordingContext({ model: MODELS[codec.name] ?? null, isBatch: false });
  reportUnsaid(request, codec, context);
  return { body: printed(codec.writeRequest(request, context)), warnings: context.warnings };
}

/** Of these everybody who says some values says those that are generated. */
const SAFE: readonly ChatField[] = ["maxTokens", "temperature", "stop"];

function saidByBoth(from: ChatCodec, to: ChatCodec): ChatField[] {
  const isField = (name: string): name is ChatField => Object.hasOwn(from.support.fields, name);
  return Object.keys(from.support.fields)
    .filter(isField)
    .filter((field) => isSaid(from, field) && isSaid(to, field));
}

function isSaid({ support }: ChatCodec, field: ChatField): boolean {
  return (
    support.fields[field] === "kept" || (support.fields[field] === "partly" && SAFE.includes(field))
  );
}
