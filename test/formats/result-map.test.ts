import { describe, expect, test } from "vitest";
import type { LineMap } from "../../src/core/translation.ts";
import { createLineIds, loadLineIds, SAME_IDS } from "../../src/formats/line-ids.ts";
import {
  anthropic,
  embeddingLine,
  lineOf,
  linesOf,
  mapsResults,
  openai,
  requestsTo,
  resultsFrom,
  side,
  tiny,
} from "./mapping.ts";
import { answerTiny } from "./tiny-format.ts";

const toChat = side(openai, { endpoint: "chat" });
const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "Hé" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 16, output_tokens: 5 },
};

function claudeLine(customId: string, result: object): string {
  return JSON.stringify({ custom_id: customId, result });
}

describe("a result map", () => {
  test("is null where the reader has the provider's own format and no id was mapped", () => {
    const from = side(anthropic);
    expect(mapsResults(from, from, { ids: SAME_IDS })).toBeNull();
    expect(mapsResults(from, side(anthropic, { model: "claude" }), { ids: SAME_IDS })).toBeNull();
    expect(mapsResults(from, from, { ids: SAME_IDS, hasMixedLines: true })).not.toBeNull();
    const ids = createLineIds(anthropic.idRule);
    ids.toTarget({ customId: "not fine", line: 1, piece: null, encoding: "float" });
    expect(mapsResults(from, from, { ids })).not.toBeNull();
  });

  test.each([
    {
      name: "an answer",
      text: claudeLine("a", { type: "succeeded", message: MESSAGE }),
      line: {
        custom_id: "a",
        error: null,
        response: {
          status_code: 200,
          body: {
            object: "chat.completion",
            choices: [{ message: { content: "Hé" }, finish_reason: "stop" }],
            usage: { prompt_tokens: 16, completion_tokens: 5, total_tokens: 21 },
          },
        },
      },
    },
    {
      name: "an expired line",
      text: claudeLine("a", { type: "expired" }),
      line: { custom_id: "a", response: null, error: { code: "batch_expired" } },
    },
    {
      name: "a canceled line",
      text: claudeLine("a", { type: "canceled" }),
      line: { custom_id: "a", response: null, error: { code: "batch_cancelled" } },
    },
    {
      name: "an error of the provider's",
      text: claudeLine("a", {
        type: "errored",
        error: { type: "error", error: { type: "overloaded_error", message: "busy" } },
      }),
      line: {
        custom_id: "a",
        response: { status_code: 503, body: { error: { message: "busy", type: "server_error" } } },
      },
    },
  ])("says $name in the reader's format", ({ text, line }) => {
    expect(lineOf(resultsFrom(side(anthropic), toChat).map(text, 1))).toMatchObject(line);
  });

  test("knows a line of another format than was expected", () => {
    const map = resultsFrom(side(tiny, { endpoint: "chat" }), toChat);
    const text = claudeLine("a", { type: "succeeded", message: MESSAGE });
    expect(lineOf(map.map(text, 1))).toMatchObject({
      custom_id: "a",
      response: { body: { choices: [{ message: { content: "Hé" } }] } },
    });
  });

  test("leaves a body that the reader has too as the very text it was", () => {
    const body = `{ "object":"chat.completion","x":1.0,"big":12345678901234567890,"y":"\\u00e9\\/","y":2}`;
    const map = resultsFrom(side(tiny, { endpoint: "chat" }), toChat);
    const mapped = map.map(`{"id":"a","answer":${body}}`, 1);
    expect(mapped.kind === "lines" && mapped.lines[0]).toContain(`"body":${body}`);
    const back = resultsFrom(side(openai, { endpoint: "chat" }), side(tiny, { endpoint: "chat" }));
    const line = `{"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"request_id":"r","body":${body}},"error":null}`;
    expect(back.map(line, 1)).toEqual({
      kind: "lines",
      lines: [`{"id":"a","answer":${body}}`],
      facts: [{ customId: "a", line: null, outcome: "succeeded" }],
    });
  });

  test("leaves a native error as the very text it was where the reader is of its family", () => {
    const ids = createLineIds(tiny.idRule);
    ids.toTarget({ customId: "NOT FINE", line: 1, piece: null, encoding: "float" });
    const map = resultsFrom(side(tiny), side(tiny), ids);
    expect(map.map(`{"id":"r000001","fault":{ "why":"busy","seconds":1.0}}`, 1)).toEqual({
      kind: "lines",
      lines: [`{"id":"NOT FINE","fault":{ "why":"busy","seconds":1.0}}`],
      facts: [{ customId: "NOT FINE", line: 1, outcome: "errored" }],
    });
  });

  test("gives each line the id that its client wrote, after a restart too", async () => {
    const ids = createLineIds(anthropic.idRule);
    const requests = requestsTo(side(anthropic, { model: "claude" }), { ids });
    const line = JSON.stringify({
      custom_id: "Ligne n° 1\n\ud83c",
      url: "/v1/chat/completions",
      body: { messages: [{ role: "user", content: "Hi" }] },
    });
    expect(lineOf(requests.map(line, 1))).toMatchObject({ custom_id: "r000001" });
    const loaded = await loadLineIds(ids.save());
    const text = claudeLine("r000001", { type: "expired" });
    for (const known of [ids, loaded]) {
      expect(lineOf(resultsFrom(side(anthropic), toChat, known).map(text, 1))).toMatchObject({
        custom_id: "Ligne n° 1\n\ud83c",
      });
    }
  });

  test.each([
    { name: "no JSON", text: '{"custom_id":"a","result":{"type":"succ', id: "a", message: /JSON/ },
    { name: "no object", text: "3", id: null, message: /must be a JSON object/ },
    { name: "a request", text: '{"custom_id":"a","params":{}}', id: "a", message: /is a request/ },
    {
      name: "an answer that isn't one",
      text: claudeLine("a", { type: "succeeded", message: { content: 3 } }),
      id: "a",
      message: /result\.message\.content: must be/,
    },
    {
      name: "no answer",
      text: claudeLine("a", { type: "succeeded" }),
      id: "a",
      message: /result\.message: must be an object/,
    },
  ])("makes an errored line of $name", ({ text, id, message }) => {
    const map = resultsFrom(side(anthropic), toChat);
    expect(lineOf(map.map(text, 9))).toMatchObject({
      custom_id: id,
      response: null,
      error: { code: "invalid_result", message: expect.stringMatching(message) },
    });
    expect(map.report()).toMatchObject({ lines: 1, failedLines: 1 });
  });

  test("says what the reader's format can't, and never refuses it, strict or not", () => {
    const message = {
      ...MESSAGE,
      content: [...MESSAGE.content, { type: "server_tool_use", id: "s" }],
    };
    const text = claudeLine("a", { type: "succeeded", message });
    const map = mapsResults(side(anthropic), toChat, { mode: "strict" });
    expect(map === null ? null : lineOf(map.map(text, 2))).toMatchObject({
      response: { status_code: 200 },
    });
    expect(map?.report().warnings).toMatchObject([
      { field: expect.stringMatching(/^result\.message\.content\[\]/), lineNumbers: [2] },
    ]);
  });
});

describe("embeddings that were split", () => {
  const toEmbeddings = side(openai, { endpoint: "embeddings" });
  const fromTiny = side(tiny, { endpoint: "embeddings", model: "tiny-1" });

  /** Sends one line of so many inputs, and gives the provider's answers to its pieces. */
  async function send(inputs: readonly string[], rest: object = {}) {
    const ids = createLineIds(null);
    const requests = requestsTo(side(tiny, { endpoint: "embeddings" }), { ids });
    const sent = linesOf(requests.map(embeddingLine("Cid #1", { input: inputs, ...rest }), 1));
    const answers = sent.map((line) => {
      const { id, ask } = Object(line) as { readonly id: string; readonly ask: unknown };
      return JSON.stringify({ id, answer: answerTiny(ask) });
    });
    return { answers, map: resultsFrom(fromTiny, toEmbeddings, await loadLineIds(ids.save())) };
  }

  const INPUTS = ["a", "bb", "ccc", "dddd", "eeeee"];
  const WHOLE = {
    custom_id: "Cid #1",
    response: {
      status_code: 200,
      body: {
        object: "list",
        model: "tiny-1",
        data: INPUTS.map(({ length }, index) => ({ index, embedding: [length, length + 0.5] })),
        usage: { prompt_tokens: 15, total_tokens: 15 },
      },
    },
  };

  test.each([{ order: [0, 1, 2] }, { order: [2, 1, 0] }, { order: [1, 2, 0] }])(
    "come back whole, in the order of the inputs, when the pieces come as $order",
    async ({ order }) => {
      const { answers, map } = await send(INPUTS);
      const mapped = order.flatMap((piece, at) => linesOf(map.map(answers[piece] ?? "", at + 1)));
      expect(mapped).toMatchObject([WHOLE]);
      expect(map.end()).toEqual([]);
    },
  );

  test("come in the encoding that the client asked for", async () => {
    const { answers, map } = await send(["a", "bb", "ccc"], { encoding_format: "base64" });
    const [line] = answers.flatMap((text, index) => linesOf(map.map(text, index + 1)));
    expect(line).toMatchObject({
      custom_id: "Cid #1",
      response: { body: { data: [{ embedding: "AACAPwAAwD8=" }, {}, {}] } },
    });
    const { answers: single, map: ofOne } = await send(["a"], { encoding_format: "base64" });
    expect(lineOf(ofOne.map(single[0] ?? "", 1))).toMatchObject({
      custom_id: "Cid #1",
      response: { body: { data: [{ embedding: "AACAPwAAwD8=" }] } },
    });
  });

  test("fail at the end if a piece never came", async () => {
    const { answers, map } = await send(INPUTS);
    answers.slice(0, 2).forEach((text, index) => expect(linesOf(map.map(text, index))).toEqual([]));
    const ended = map.end().flatMap((mapped) => linesOf(mapped));
    expect(ended).toMatchObject([
      { custom_id: "Cid #1", response: null, error: { code: "missing" } },
    ]);
    expect(JSON.stringify(ended)).toContain("in 3 parts, and the provider gave results for 2");
  });

  test.each([
    {
      name: "failed",
      result: { fault: { why: "busy" } },
      line: { response: { status_code: 429 } },
    },
    {
      name: "expired",
      result: { fault: { why: "expired" } },
      line: { response: null, error: { code: "batch_expired" } },
    },
    {
      name: "is no answer",
      result: { answer: { vectors: 5 } },
      line: { error: { code: "invalid_result" } },
    },
    {
      name: "has too few vectors",
      result: { answer: { vectors: [[1]] } },
      line: { error: { code: "invalid_result" } },
    },
  ])("fail as one line, once, if a piece $name", async ({ result, line }) => {
    for (const bad of [0, 1]) {
      const { answers, map } = await send(INPUTS);
      const id = `Cid #1#${bad + 1}of3`;
      answers[bad] = JSON.stringify({ id, ...result });
      const mapped = answers.flatMap((text, index) => linesOf(map.map(text, index + 1)));
      expect(mapped).toMatchObject([{ custom_id: "Cid #1", ...line }]);
      expect(map.end()).toEqual([]);
    }
  });

  test("fail one by one, the oldest first, where too much waits", () => {
    const ids = createLineIds(null);
    ids.toTarget({ customId: "a", line: 1, piece: { index: 0, count: 2 }, encoding: "float" });
    const map = mapsResults(fromTiny, toEmbeddings, { ids, maxPendingBytes: 64 });
    const come = (id: string) =>
      map === null ? [] : linesOf(map.map(JSON.stringify({ id, answer: vectors(6) }), 1));
    expect(come("a#1of2")).toEqual([]);
    expect(come("b#1of2")).toMatchObject([
      { custom_id: "a", response: null, error: { code: "not_joined" } },
    ]);
    expect(come("b#2of2")).toMatchObject([{ custom_id: "b", response: { status_code: 200 } }]);
    expect(come("a#2of2")).toEqual([]);
    expect(map?.end()).toEqual([]);
  });

  function vectors(length: number) {
    return { vectors: [Array.from({ length }, (_, index) => index)], tokens: 1 };
  }
});

test("a map of results never fails a line", () => {
  const map: LineMap = resultsFrom(side(anthropic), toChat);
  const error = { status: 400, type: "invalid_request", message: "no text" } as const;
  const head = Buffer.from('{"custom_id":"a","result":');
  expect(lineOf(map.reject(3, error, head))).toMatchObject({
    custom_id: "a",
    error: { code: "invalid_result" },
  });
});
