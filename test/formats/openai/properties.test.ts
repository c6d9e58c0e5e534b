import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { ChatResponse } from "../../../src/core/chat-response.ts";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { cutLine, printJson, readLine } from "../../../src/formats/line-fields.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { openaiEmbeddings } from "../../../src/formats/openai/embeddings.ts";
import { createOpenAIFormat } from "../../../src/formats/openai/openai.ts";
import { openaiResponses } from "../../../src/formats/openai/responses.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { CHAT_BODIES } from "./chat-bodies.ts";
import { COMPLETIONS } from "./completions.ts";
import { mutated, withStrangers } from "./mutations.ts";
import { recordingContext } from "./recording-context.ts";
import { RESPONSES_BODIES } from "./responses-bodies.ts";
import { RESPONSES } from "./responses.ts";

const RUNS = 20_000;

const { requestLine, resultLine } = createOpenAIFormat();
const codecs = [openaiChat, openaiResponses];

const embeddingBodies: readonly JsonObject[] = [
  { model: "m", input: ["a", "b"], dimensions: 3, encoding_format: "float", user: "u" },
  { model: "m", input: [[1, 2], [3]] },
];
const embeddings: readonly JsonObject[] = [
  {
    object: "list",
    data: [
      { object: "embedding", index: 1, embedding: [1, 2.5] },
      { object: "embedding", index: 0, embedding: "AADAPw==" },
    ],
    model: "m",
    usage: { prompt_tokens: 3, total_tokens: 3 },
  },
];
const requestLines: readonly JsonObject[] = [
  { custom_id: "a", method: "POST", url: "/v1/chat/completions", body: { model: "m" } },
];
const resultLines: readonly JsonObject[] = [
  { custom_id: "a", response: { status_code: 200, request_id: "r", body: {} } },
  {
    id: "batch_req_1",
    custom_id: "a",
    response: {
      status_code: 400,
      request_id: "r",
      body: { error: { message: "m", type: "t", param: "p", code: "c" } },
    },
    error: null,
  },
  {
    id: "batch_req_1",
    custom_id: "a",
    response: null,
    error: { code: "untranslatable", message: "m", param: "p", line: 1 },
  },
];

function writeRequests(request: ChatRequest): void {
  for (const codec of codecs) {
    attempt(() => {
      const context = recordingContext({ model: request.model });
      reportUnsaid(request, codec, context);
      printJson(codec.writeRequest(request, context));
    });
  }
}

function writeResponses(response: ChatResponse): void {
  for (const codec of codecs) {
    attempt(() => printJson(codec.writeResponse(response, recordingContext())));
  }
}

interface Entry {
  readonly name: string;
  readonly bodies: readonly JsonObject[];
  /** Reads a body or line, and writes what was read wherever it could go. */
  readonly run: (text: string) => void;
}

const ENTRIES: readonly Entry[] = [
  ...codecs.flatMap((codec): Entry[] => [
    {
      name: `a request of ${codec.name}`,
      bodies: Object.values(codec === openaiChat ? CHAT_BODIES : RESPONSES_BODIES),
      run: (text) => writeRequests(codec.parseRequest(parsed(text))),
    },
    {
      name: `a response of ${codec.name}`,
      bodies: Object.values(codec === openaiChat ? COMPLETIONS : RESPONSES),
      run: (text) => writeResponses(codec.parseResponse(parsed(text))),
    },
  ]),
  {
    name: "an embeddings request",
    bodies: embeddingBodies,
    run: (text) => {
      const request = openaiEmbeddings.parseRequest(parsed(text));
      const context = recordingContext();
      reportUnsaidEmbedding(request, openaiEmbeddings, context);
      printJson(openaiEmbeddings.writeRequest(request, context));
    },
  },
  {
    name: "an embeddings response",
    bodies: embeddings,
    run: (text) => {
      const response = openaiEmbeddings.parseResponse(parsed(text));
      for (const encoding of ["float", "base64"] as const) {
        openaiEmbeddings.writeResponse(response, recordingContext({ encoding }));
      }
    },
  },
  ...[readLine, cutLine].flatMap((read): Entry[] => [
    {
      name: `a request line by ${read.name}`,
      bodies: requestLines,
      run: (text) => requestLine.write(requestLine.parse(read(text), 1)),
    },
    {
      name: `a result line by ${read.name}`,
      bodies: resultLines,
      run: (text) => resultLine.write(resultLine.parse(read(text), 1)),
    },
  ]),
];

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

function parsed(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}

describe("whatever the JSON is", () => {
  test.each(ENTRIES)("$name throws only our own error", ({ bodies, run }) => {
    const counts = { read: 0, refused: 0 };
    const count = (text: string) => {
      counts[attempt(() => run(text)) ? "read" : "refused"] += 1;
    };
    const changed = mutated(bodies).map((body) => JSON.stringify(body));
    fc.assert(fc.property(changed, count), { numRuns: RUNS * 0.9, seed: 1 });
    fc.assert(fc.property(fc.json({ maxDepth: 3 }), count), { numRuns: RUNS * 0.1, seed: 1 });
    // Bodies that all fail, or none, would have tried nothing.
    expect(counts.read).toBeGreaterThan(RUNS / 20);
    expect(counts.refused).toBeGreaterThan(RUNS / 20);
  });

  test.each(ENTRIES)("$name may nest a hundred thousand deep", ({ bodies, run }) => {
    const deep = `${'{"a":['.repeat(50_000)}1${"]}".repeat(50_000)}`;
    const members = Object.entries(bodies[0] ?? {}).map(
      ([key, value]) => [JSON.stringify(key), JSON.stringify(value)] as const,
    );
    expect(members.length).toBeGreaterThan(1);
    for (const [name] of members) {
      const texts = members.map(([key, value]) => `${key}:${key === name ? deep : value}`);
      attempt(() => run(`{${texts.join(",")}}`));
    }
  });
});

describe("a response of tomorrow", () => {
  test.each([
    ...Object.entries(COMPLETIONS).map(([name, body]) => ({ name, body, codec: openaiChat })),
    ...Object.entries(RESPONSES).map(([name, body]) => ({ name, body, codec: openaiResponses })),
  ])("with $name and unknown fields everywhere reads the same", ({ body, codec }) => {
    const today = codec.parseResponse(body);
    const tomorrow = codec.parseResponse(withStrangers(body));
    const shown = ({ choices, usage, id, model }: ChatResponse) => ({
      choices: choices.map(({ parts, ...choice }) => ({
        ...choice,
        parts: parts.map((part) => (part.kind === "native" ? part.type : part)),
      })),
      usage,
      id,
      model,
    });
    expect(shown(tomorrow)).toEqual(shown(today));
  });

  test("has words that nobody knows yet", () => {
    const word = fc.string();
    fc.assert(
      fc.property(word, word, word, (reason, tier, type) => {
        const message = { content: [{ type: `x${type}` }], tool_calls: [{ type: `x${type}` }] };
        const choices = [{ message, finish_reason: reason }];
        const { length } = openaiChat.parseResponse({ choices, service_tier: tier }).choices;
        const output = [{ type: `x${type}` }, { type: "message", content: [{ type: `x${type}` }] }];
        const status = reason === "failed" ? "x" : reason;
        openaiResponses.parseResponse({ output, status, service_tier: tier });
        const incomplete = { status: "incomplete", incomplete_details: { reason } };
        const { choices: cut } = openaiResponses.parseResponse({ output, ...incomplete });
        expect([length, cut.length]).toEqual([1, 1]);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
