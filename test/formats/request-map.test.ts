import { describe, expect, test } from "vitest";
import type { Side } from "../../src/core/translation.ts";
import { createLineIds } from "../../src/formats/line-ids.ts";
import {
  anthropic,
  chatLine,
  embeddingLine,
  lineOf,
  linesOf,
  mapsRequests,
  openai,
  requestsTo,
  side,
  tiny,
} from "./mapping.ts";

const toClaude = side(anthropic, { model: "claude-haiku-4-5" });

describe("a request map", () => {
  test.each<{ name: string; from: Side; to: Side; isNull: boolean; mixed?: boolean }>([
    { name: "the same format", from: side(openai), to: side(openai), isNull: true },
    {
      name: "the same endpoint",
      from: side(openai, { endpoint: "chat" }),
      to: side(openai, { endpoint: "chat" }),
      isNull: true,
    },
    {
      name: "lines that may be of any format",
      from: side(openai),
      to: side(openai),
      mixed: true,
      isNull: false,
    },
    {
      name: "another model in each line",
      from: side(openai),
      to: side(openai, { model: "gpt-4o" }),
      isNull: false,
    },
    {
      name: "the job's own model",
      from: side(tiny, { model: "a" }),
      to: side(tiny, { model: "a" }),
      isNull: true,
    },
    {
      name: "another model of the job with the same body",
      from: side(tiny, { model: "a", endpoint: "chat" }),
      to: side(tiny, { model: "b", endpoint: "chat" }),
      isNull: true,
    },
    {
      name: "a model that may want another body",
      from: side(tiny, { model: "a", endpoint: "chat" }),
      to: side(tiny, { model: "unknown", endpoint: "chat" }),
      isNull: false,
    },
    {
      name: "another endpoint",
      from: side(openai, { endpoint: "chat" }),
      to: side(openai, { endpoint: "responses" }),
      isNull: false,
    },
    {
      name: "another variant",
      from: side(tiny, { variant: "Converse" }),
      to: side(tiny, { variant: "InvokeModel" }),
      isNull: false,
    },
    { name: "another format", from: side(openai), to: side(anthropic), isNull: false },
  ])("for $name: nobody looks at the lines? $isNull", ({ from, to, isNull, mixed }) => {
    expect(mapsRequests(from, to, { hasMixedLines: mixed === true }) === null).toBe(isNull);
  });

  test("writes a line of another format", () => {
    expect(lineOf(requestsTo(toClaude).map(chatLine("a", { max_tokens: 7 }), 1))).toEqual({
      custom_id: "a",
      params: {
        model: "claude-haiku-4-5",
        max_tokens: 7,
        messages: [{ role: "user", content: "Hi" }],
      },
    });
  });

  test("takes lines of any known format, whatever the file was thought to be", () => {
    const map = requestsTo(toClaude, {}, tiny);
    const params = { model: "claude-3", max_tokens: 1, messages: [{ role: "user", content: "b" }] };
    const lines = [
      chatLine("a"),
      JSON.stringify({ custom_id: "b", params }),
      JSON.stringify({ id: "c", ask: { messages: [{ role: "user", content: "c" }] } }),
    ].map((text, index) => lineOf(map.map(text, index + 1)));
    expect(lines).toMatchObject([
      { custom_id: "a", params: { messages: [{ content: "Hi" }] } },
      { custom_id: "b", params: { ...params, model: "claude-haiku-4-5" } },
      { custom_id: "c", params: { messages: [{ content: "c" }] } },
    ]);
    expect(map.report()).toMatchObject({ lines: 3, failedLines: 0 });
  });

  const EXACT = `{ "model" : "m","messages":[],"top_p":1.0,"seed":12345678901234567890,"x":1,"x":2,"text":"\\u00e9\\/"}`;

  test("leaves an untouched body as the very text it was", () => {
    const line = `{"custom_id":"a","body":${EXACT},"url":"/v1/chat/completions"}`;
    const mixed = mapsRequests(side(openai), side(openai), { hasMixedLines: true });
    expect(mixed?.map(line, 1)).toEqual({
      kind: "lines",
      lines: [`{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":${EXACT}}`],
    });
  });

  test("changes only the frame of a body that the target has too", () => {
    const kept = `"messages":[],"top_p":1.0,"seed":12345678901234567890,"x":1,"x":2,"text":"\\u00e9\\/"`;
    const line = `{"custom_id":"a","body":{"stream":false,${kept},"model":"m"},"url":"/v1/chat/completions"}`;
    expect(requestsTo(side(tiny)).map(line, 1)).toEqual({
      kind: "lines",
      lines: [`{"id":"a","ask":{"tiny_version":"1",${kept}}}`],
    });
    const back = requestsTo(side(openai, { model: "gpt" }), {}, tiny);
    expect(back.map(`{"id":"a","ask":{"tiny_version":"1",${kept}}}`, 1)).toEqual({
      kind: "lines",
      lines: [
        `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt",${kept}}}`,
      ],
    });
  });

  test("names the override in each body, and leaves a body that names it already alone", () => {
    const map = requestsTo(side(openai, { model: "gpt-5" }));
    expect(lineOf(map.map(chatLine("a"), 1))).toMatchObject({ body: { model: "gpt-5" } });
    const text = `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5",  "n":1.0}}`;
    expect(map.map(text, 2)).toEqual({ kind: "lines", lines: [text] });
  });

  test("lets an endpoint without a codec pass to its own format only", () => {
    const line = `{"custom_id":"a","method":"POST","url":"/v1/moderations","body":{"input":1.0}}`;
    const own = mapsRequests(side(openai), side(openai), { hasMixedLines: true });
    expect(own?.map(line, 1)).toEqual({ kind: "lines", lines: [line] });
    expect(requestsTo(toClaude).map(line, 1)).toMatchObject({
      kind: "failed",
      customId: "a",
      error: { status: 400, code: "untranslatable" },
    });
  });

  test("maps ids that the target forbids, and keeps the others", () => {
    const ids = createLineIds(anthropic.idRule);
    const map = requestsTo(toClaude, { ids });
    expect(lineOf(map.map(chatLine("fine-1"), 1))).toMatchObject({ custom_id: "fine-1" });
    expect(ids.isPlain).toBe(true);
    expect(lineOf(map.map(chatLine("not fine, ü"), 2))).toMatchObject({ custom_id: "r000002" });
    expect(ids.isPlain).toBe(false);
    expect(ids.toSource("r000002")).toMatchObject({ customId: "not fine, ü", line: 2 });
  });

  test("gives a line without an id its number, where the target wants one", () => {
    const ids = createLineIds(null);
    const map = requestsTo(toClaude, { ids }, tiny);
    const mapped = map.map('{"ask":{"messages":[{"role":"user","content":"a"}]}}', 12);
    expect(lineOf(mapped)).toMatchObject({ custom_id: "line-000012" });
    expect(ids.toSource("line-000012")).toMatchObject({ customId: null, line: 12 });
  });

  test("splits embeddings into as many records as they take, and asks each for its own", () => {
    const ids = createLineIds(null);
    const map = requestsTo(side(tiny, { endpoint: "embeddings" }), { ids });
    const line = embeddingLine("a b", { input: ["1", "2", "3", "4", "5"], dimensions: 3 });
    expect(linesOf(map.map(line, 4))).toEqual([
      { id: "a b#1of3", ask: { texts: ["1", "2"] } },
      { id: "a b#2of3", ask: { texts: ["3", "4"] } },
      { id: "a b#3of3", ask: { texts: ["5"] } },
    ]);
    expect(ids.isPlain).toBe(false);
    // One warning for the line, not for each record.
    expect(map.report().warnings).toEqual([
      {
        field: "body.dimensions",
        reason: "the target can't say it",
        count: 1,
        lineNumbers: [4],
      },
    ]);
  });
});

describe("what fails", () => {
  test.each([
    { name: "no JSON", text: '{"custom_id":"a","bod', customId: "a", message: /not valid JSON/ },
    { name: "no object", text: "[1]", customId: null, message: /must be a JSON object/ },
    { name: "nothing but a NUL", text: "\u0000", customId: null, message: /not valid JSON/ },
    { name: "no known keys", text: '{"a":1}', customId: null, message: /custom_id/ },
    {
      name: "a result",
      text: '{"custom_id":"a","result":{"type":"canceled"}}',
      customId: "a",
      message: /is a result of anthropic, and here belong requests/,
    },
    {
      name: "a bad envelope",
      text: '{"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{}}',
      customId: "a",
      message: /^method: must be POST/,
      path: "method",
    },
    {
      name: "a bad body",
      text: chatLine("a", { messages: [{ role: "user", content: 5 }] }),
      customId: "a",
      message: /^body\.messages\[0\]\.content: must be/,
      path: "body.messages[0].content",
    },
    {
      name: "another kind of body",
      text: embeddingLine("a", { input: "x" }),
      customId: "a",
      message: /embeddings/,
      code: "untranslatable",
    },
  ])("$name: says where and why", ({ text, customId, message, path, code }) => {
    const map = requestsTo(toClaude);
    const mapped = map.map(text, 7);
    expect(mapped).toMatchObject({
      kind: "failed",
      customId,
      error: {
        status: 400,
        type: "invalid_request",
        code: code ?? "invalid_request",
        line: 7,
        message: expect.stringMatching(message),
        ...(path === undefined ? {} : { path }),
      },
    });
    expect(map.report()).toMatchObject({ lines: 1, failedLines: 1, errors: [{ count: 1 }] });
  });

  test("a body without a model where nobody else names one", () => {
    const text = JSON.stringify({ id: "a", ask: { messages: [] } });
    expect(requestsTo(side(openai), {}, tiny).map(text, 1)).toMatchObject({
      kind: "failed",
      error: { message: expect.stringMatching(/^ask\.model: must name a model/) },
    });
  });

  test("in strict, what is only warned of in warn", () => {
    const text = chatLine("a", { max_tokens: 1, seed: 5 });
    const strict = requestsTo(toClaude, { mode: "strict" });
    expect(strict.map(text, 3)).toMatchObject({
      kind: "failed",
      error: { code: "untranslatable", path: "body.seed", line: 3 },
    });
    expect(strict.report().errors).toEqual([
      { field: "body.seed", reason: "untranslatable", count: 1, lineNumbers: [3] },
    ]);
    const warn = requestsTo(toClaude);
    expect(warn.map(text, 3).kind).toBe("lines");
    expect(warn.report().warnings).toMatchObject([{ field: "body.seed", lineNumbers: [3] }]);
  });

  test("a key of the envelope that no line has is said too", () => {
    const text = chatLine("a", { max_tokens: 1 }).replace("{", '{"priority":3,');
    const warn = requestsTo(toClaude);
    warn.map(text, 1);
    expect(warn.report().warnings).toMatchObject([{ field: "priority", count: 1 }]);
    expect(requestsTo(toClaude, { mode: "strict" }).map(text, 1).kind).toBe("failed");
  });

  test("a body too deep for the stack", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const text = `{"custom_id":"deep","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"x":${deep}}}}]}}`;
    expect(requestsTo(toClaude).map(text, 1)).toMatchObject({
      kind: "failed",
      customId: "deep",
      error: { status: 400, message: expect.stringMatching(/too deep/) },
    });
  });

  test("isn't counted among the warnings, since nothing was sent", () => {
    const map = requestsTo(toClaude);
    map.map(chatLine("a", { seed: 1, messages: [{ role: "user", content: 5 }] }), 1);
    expect(map.report().warnings).toEqual([]);
  });
});

test("a report counts lines by field and keeps the first ten numbers, of 200 fields", () => {
  const map = requestsTo(toClaude);
  for (let line = 1; line <= 300; line += 1) {
    map.map(chatLine(`a${line}`, { max_tokens: 1, seed: 1, [`own_${line}`]: true }), line);
  }
  const { warnings, lines } = map.report();
  expect(lines).toBe(300);
  expect(warnings).toHaveLength(201);
  expect(warnings.find(({ field }) => field === "body.seed")).toMatchObject({
    count: 300,
    lineNumbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  });
  expect(warnings.at(-1)).toMatchObject({ field: "*", count: 101 });
});
