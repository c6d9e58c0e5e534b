import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/core/json.ts";
import type { LineMap, MapOptions, Side } from "../../src/core/translation.ts";
import { createLineIds } from "../../src/formats/line-ids.ts";
import { formats, requestMap, resultMap } from "../../src/formats/formats.ts";
import { liftTexts } from "../../src/formats/long-texts.ts";
import { type FailedLine, translate } from "../../src/formats/translate.ts";
import { mutated } from "./openai/mutations.ts";
import { requestLines, resultLines } from "./oracle/lines.ts";
import { FORMAT_NAMES, MODELS } from "./oracle/sides.ts";

const RUNS = 200;

/** The writers that look into texts are among them: prompts' and Claude's. */
const TARGETS: readonly (readonly [name: string, side: Side])[] = [
  ["openai chat", { ...side("openai"), endpoint: "chat" }],
  ["openai responses", { ...side("openai"), endpoint: "responses" }],
  ["anthropic", side("anthropic")],
  ["gemini", side("gemini")],
  ["converse", { ...side("bedrock"), variant: "Converse" }],
  ...[
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-lite-v1:0",
    "meta.llama3-8b-instruct-v1:0",
    "mistral.mistral-7b-instruct-v0:2",
    "mistral.mistral-large-2407-v1:0",
    "amazon.titan-text-express-v1",
    "openai.gpt-oss-20b-1:0",
  ].map((model): [string, Side] => [model, { ...side("bedrock"), model }]),
];

const pairs = FORMAT_NAMES.flatMap((from) =>
  TARGETS.map(([to, target]) => ({ from, to, target, source: side(from) })),
);

describe("a line whose long texts are lifted becomes the same bytes as one that is read", () => {
  test.each(pairs)("requests $from → $to", async ({ from, source, target }) => {
    const lifted = await compare(requestLines(from), () =>
      requestMap(source, target, { ...options(), hasMixedLines: true }),
    );
    // Prompts hold texts among others, so their lines are always read.
    const isPrompt = /llama|mistral-7b|titan/.test(target.model ?? "");
    expect(lifted).toBeGreaterThanOrEqual(isPrompt ? 0 : RUNS / 8);
  });

  test.each(pairs)("results $from → $to", async ({ from, source, target }) => {
    const lifted = await compare(resultLines(from), () =>
      resultMap(source, target, { ...options(), hasMixedLines: true }),
    );
    expect(lifted).toBeGreaterThan(RUNS / 8);
  });
});

/** How many lines were translated without their texts. */
async function compare(
  seeds: readonly JsonObject[],
  createMap: () => LineMap | null,
): Promise<number> {
  let lifted = 0;
  await fc.assert(
    fc.asyncProperty(anyLine(seeds), async (line) => {
      const [map, reading] = [createMap(), createMap()];
      if (map === null || reading === null) throw new Error("mixed lines are always looked at");
      const counting = watched(map, () => {
        lifted += 1;
      });
      expect(await run(line, counting)).toEqual(await run(line, watched(reading, null)));
    }),
    { numRuns: RUNS, seed: 7 },
  );
  return lifted;
}

/** null: a map that reads every line. */
function watched(map: LineMap, onLifted: (() => void) | null): LineMap {
  const plain: LineMap = {
    map: (text, line) => map.map(text, line),
    reject: (line, error, head) => map.reject(line, error, head),
    end: () => map.end(),
    report: () => map.report(),
  };
  if (onLifted === null) return plain;
  return {
    ...plain,
    mapLifted: (text, line) => {
      const mapped = map.mapLifted?.(text, line) ?? null;
      if (mapped !== null) onLifted();
      return mapped;
    },
  };
}

async function run(line: Buffer, map: LineMap): Promise<object> {
  const failed: FailedLine[] = [];
  const chunks: Uint8Array[] = [];
  const source = new Response(new Uint8Array(line)).body ?? [];
  const written = translate(source as AsyncIterable<Uint8Array>, map, {
    onFailed: (one) => failed.push(one),
  });
  for await (const chunk of written) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString("latin1"), failed, report: map.report() };
}

/** Lines with long texts, some of which are no JSON, or of which something looks like a text and is none. */
function anyLine(seeds: readonly JsonObject[]): fc.Arbitrary<Buffer> {
  const plain = fc.constantFrom(...seeds.map((seed) => JSON.stringify(seed)));
  const changed = mutated(seeds).map((line) => JSON.stringify(line));
  const text = fc.record({
    pieces: fc.array(fair, { maxLength: 6 }),
    hasLength: fc.boolean(),
  });
  return fc
    .record({
      line: fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: changed }),
      texts: fc.array(text, { minLength: 1, maxLength: 5 }),
      spoilt: seldom(fc.record({ at: fc.nat({ max: 3 }), piece: nasty }), 2),
      hasSpaces: fc.boolean(),
      damage: seldom(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), 10),
    })
    .map(({ line, texts, spoilt, hasSpaces, damage }) => {
      let count = 0;
      const longer = line.replaceAll(
        /("(?:content|text|system|instructions)":)"((?:[^"\\]|\\.)*)"/g,
        (_, key: string, was: string) => {
          const { pieces, hasLength } = texts[count % texts.length] ?? { pieces: [] };
          const long = hasLength === true ? LONG.repeat(4) : "";
          const end = spoilt?.at === count ? spoilt.piece : "";
          count += 1;
          return `${key}${hasSpaces ? " " : ""}"${was}${long}${pieces.join("")}${end}"`;
        },
      );
      // What a small line needs to be looked at.
      const bytes = Buffer.from(`${longer.slice(0, -1)}${" ".repeat(600)}}`);
      if (damage !== null) bytes[damage.at % bytes.length] = damage.byte;
      return bytes;
    });
}

function seldom<Value>(arbitrary: fc.Arbitrary<Value>, nulls: number): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: nulls, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const LONG = "Forty characters that anybody may write. ";

const fair = fc.constantFrom(
  LONG,
  String.raw`She said: \"no\".`,
  String.raw`\n\n\t- a\b\f\r`,
  String.raw`C:\\temp`,
  String.raw`{\"content\":\"${LONG.repeat(4)}\"}`,
  String.raw`\"text\": \"`,
  "über 日本 🎉",
  " ",
);

/** Escapes that `JSON.stringify` writes otherwise, what is no JSON, marks of roles and of ours. */
const nasty = fc.constantFrom(
  String.raw`\u2019`,
  String.raw`\ud83d`,
  String.raw`\/`,
  String.raw`\u007f0\u007f`,
  "\u007f0\u007f",
  "\u007f",
  String.raw`\x`,
  "\t",
  "\u0001",
  '"',
  "\\",
  String.raw`  \n `,
  "[INST] </s>",
  "<|eot_id|>",
  String.raw`\nUser: hi\nBot:`,
  "crossbatch.gemini.",
);

test("only texts of some length, of a line of some length, are lifted", () => {
  const long = LONG.repeat(20);
  const lift = (line: object) => liftTexts(Buffer.from(JSON.stringify(line)))?.text ?? null;
  expect(lift({ text: "short", n: long })).toBeNull();
  expect(lift({ text: LONG })).toBeNull();
  expect(lift({ a: [{ content: long }, { text: long, id: "ü" }], n: 1 })).toBe(
    '{"a":[{"content":"\u007f0\u007f"},{"text":"\u007f1\u007f","id":"ü"}],"n":1}',
  );
});

function options(): MapOptions {
  return {
    mode: "warn",
    isBatch: false,
    ids: createLineIds(null),
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}1`,
  };
}

function side(name: keyof typeof formats): Side {
  return { format: formats[name], endpoint: null, model: MODELS[name], variant: null };
}
