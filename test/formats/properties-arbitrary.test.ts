import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../src/core/chat-request.ts";
import type { ChatResponse } from "../../src/core/chat-response.ts";
import { CodecError } from "../../src/core/codec-error.ts";
import type { ChatCodec, EmbeddingCodec } from "../../src/core/format.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { printJson } from "../../src/formats/line-fields.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../src/formats/unsaid.ts";
import { mutated } from "./openai/mutations.ts";
import { recordingContext } from "./openai/recording-context.ts";
import { CHAT_CODECS, EMBEDDING_CODECS } from "./oracle/codecs.ts";
import { chatSeeds, embeddingSeeds, type Seeds } from "./oracle/seeds.ts";

const CASES = 100_000;

interface Entry {
  readonly name: string;
  readonly seeds: readonly JsonObject[];
  /** Reads a body, and writes what was read wherever it could go. */
  readonly run: (body: JsonObject) => void;
}

const entries: readonly Entry[] = [
  ...CHAT_CODECS.flatMap((codec) => chatEntries(codec, chatSeeds(codec))),
  ...EMBEDDING_CODECS.flatMap((codec) => embeddingEntries(codec, embeddingSeeds(codec))),
];

const runs = Math.ceil(CASES / entries.length);

describe("whatever the JSON is", () => {
  test.each(entries)("$name is read, or refused with our own error", ({ seeds, run }) => {
    expect(seeds.length).toBeGreaterThan(0);
    const counts = { read: 0, refused: 0 };
    const count = (body: JsonObject) => {
      counts[attempt(() => run(body)) ? "read" : "refused"] += 1;
    };
    fc.assert(fc.property(mutated(seeds), count), { numRuns: Math.ceil(runs * 0.9), seed: 3 });
    const anything = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(fc.property(anything, count), { numRuns: Math.ceil(runs * 0.1), seed: 3 });
    // Bodies that all fail, or none, would have tried nothing.
    expect(counts.read).toBeGreaterThan(runs / 20);
    expect(counts.refused).toBeGreaterThan(runs / 200);
  });

  test("a hundred thousand bodies are tried", () => {
    expect(entries.length * runs).toBeGreaterThanOrEqual(CASES);
    expect(entries.length).toBeGreaterThan(20);
  });
});

function chatEntries(codec: ChatCodec, seeds: Seeds): Entry[] {
  let turn = 0;
  // One target each, in turn: all of them would take ten times as long.
  const next = () => CHAT_CODECS[(turn += 1) % CHAT_CODECS.length] ?? codec;
  return [
    {
      name: `a request of ${codec.name}`,
      seeds: seeds.requests,
      run: (body) => writeRequest(codec.parseRequest(body), next()),
    },
    {
      name: `an answer of ${codec.name}`,
      seeds: seeds.responses,
      run: (body) => writeResponse(codec.parseResponse(body), next()),
    },
  ];
}

function writeRequest(request: ChatRequest, codec: ChatCodec): void {
  attempt(() => {
    const context = recordingContext({ model: request.model });
    reportUnsaid(request, codec, context);
    printJson(codec.writeRequest(request, context));
  });
}

function writeResponse(response: ChatResponse, codec: ChatCodec): void {
  attempt(() => printJson(codec.writeResponse(response, recordingContext())));
}

function embeddingEntries(codec: EmbeddingCodec, seeds: Seeds): Entry[] {
  let turn = 0;
  const next = () => EMBEDDING_CODECS[(turn += 1) % EMBEDDING_CODECS.length] ?? codec;
  return [
    {
      name: `a request of ${codec.name}`,
      seeds: seeds.requests,
      run: (body) => {
        const request = codec.parseRequest(body);
        attempt(() => {
          const target = next();
          const context = recordingContext();
          reportUnsaidEmbedding(request, target, context);
          printJson(target.writeRequest(request, context));
        });
      },
    },
    {
      name: `an answer of ${codec.name}`,
      seeds: seeds.responses,
      run: (body) => {
        const response = codec.parseResponse(body);
        attempt(() => printJson(next().writeResponse(response, recordingContext())));
      },
    },
  ];
}

/** True if it went well, false if it failed as it may. */
function attempt(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}
