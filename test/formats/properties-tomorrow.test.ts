import { describe, expect, test } from "vitest";
import type { ChatResponse } from "../../src/core/chat-response.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { isJsonArray } from "../../src/formats/fields.ts";
import { printJson } from "../../src/formats/line-fields.ts";
import { loadChatCases } from "../support/chat-fixtures.ts";
import { recordingContext } from "./openai/recording-context.ts";
import { CHAT_CODECS } from "./oracle/codecs.ts";
import { targetOf } from "./oracle/targets.ts";

const answers = loadChatCases().flatMap((fixture) =>
  Object.entries(fixture.bodies.response).map(([accent, body]) => ({
    title: `${fixture.name}, ${accent}`,
    codec: targetOf(fixture, accent).body.codec,
    body,
  })),
);

describe("an answer of tomorrow", () => {
  test.each(answers)("$title: unknown fields everywhere change nothing", ({ codec, body }) => {
    const today = codec.parseResponse(body);
    const tomorrow = codec.parseResponse(withStrangers(body));
    expect(shown(tomorrow)).toEqual(shown(today));
    writeEverywhere(tomorrow);
  });

  test.each(answers)("$title: unknown words are read, and written everywhere", (answer) => {
    const { codec, body } = answer;
    const variants = [...withoutOneWord(body), withoutWords(body)];
    expect(variants.length).toBeGreaterThan(1);
    for (const variant of variants) writeEverywhere(codec.parseResponse(variant));
  });
});

/** An answer that was paid for is never refused. */
function writeEverywhere(response: ChatResponse): void {
  for (const codec of CHAT_CODECS) {
    expect(printJson(codec.writeResponse(response, recordingContext()))).toMatch(/^\{/);
  }
}

/** What a client wants to know. */
function shown({ choices, usage, id, model }: ChatResponse): unknown {
  const said = choices.map(({ parts, ...choice }) => ({
    ...choice,
    // What only its own family knows is kept as it came, strangers and all.
    parts: parts.map((part) => (part.kind === "native" ? part.kind : part)),
  }));
  return { choices: said, usage, id, model };
}

function withStrangers(body: JsonObject): JsonObject {
  const changed = sprinkle(body);
  return isJsonObject(changed) ? changed : {};
}

/** What tools are called with is the model's, and every field of it known. */
const INPUTS = new Set(["input", "args", "json"]);

function sprinkle(value: Json): Json {
  if (isJsonArray(value)) return value.map(sprinkle);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item = null]): [string, Json] => [
    key,
    INPUTS.has(key) ? item : sprinkle(item),
  ]);
  return Object.fromEntries([...entries, ["x-stranger", { deep: [1, "a", null] }]]);
}

/** The members whose values are words of the vendor's. */
const WORDS = new Set([
  "type",
  "object",
  "role",
  "status",
  "finish_reason",
  "finishReason",
  "stop_reason",
  "stopReason",
  "completionReason",
  "reason",
  "blockReason",
  "service_tier",
  "category",
  "probability",
  "modality",
  "trafficType",
]);

const NEW_WORD = "of-tomorrow";

function withoutWords(body: JsonObject): JsonObject {
  const changed = replaceWords(body, () => true);
  return isJsonObject(changed) ? changed : {};
}

/** One variant for each word. */
function withoutOneWord(body: JsonObject): JsonObject[] {
  let count = 0;
  replaceWords(body, () => {
    count += 1;
    return false;
  });
  return Array.from({ length: count }, (_, chosen) => {
    let index = -1;
    const changed = replaceWords(body, () => {
      index += 1;
      return index === chosen;
    });
    return isJsonObject(changed) ? changed : {};
  });
}

function replaceWords(value: Json, isReplaced: () => boolean): Json {
  if (isJsonArray(value)) return value.map((item) => replaceWords(item, isReplaced));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item = null]): [string, Json] =>
      WORDS.has(key) && typeof item === "string"
        ? [key, isReplaced() ? NEW_WORD : item]
        : [key, replaceWords(item, isReplaced)],
    ),
  );
}
