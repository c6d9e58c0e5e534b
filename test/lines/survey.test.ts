import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { surveyLines } from "../../src/lines/survey.ts";

const signal = new AbortController().signal;

function survey(text: string, chunkBytes = 7) {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    chunks.push(bytes.subarray(at, at + chunkBytes));
  const options = { endpoint: null, idRule: null, maxLineBytes: 500 };
  return surveyLines(Readable.from(chunks), options, signal);
}

const OPENAI =
  '{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"input":"{\\"model\\":\\"no\\"}","model":"m1"}}';

describe("a survey", () => {
  test("reads format, ids, models and url without parsing, wherever the keys stand", async () => {
    const found = await survey(
      `\uFEFF${OPENAI}\r\n\n{ "body" : { "model" : "m\\u0032" } , "url":"/v1/responses", "custom_id" : "b" }\n`,
    );
    expect(found).toMatchObject({
      lines: 2,
      format: "openai",
      isUniform: true,
      firstUrl: "/v1/responses",
      firstWithoutModel: null,
      models: [
        { name: "m1", firstLine: 1 },
        { name: "m2", firstLine: 3 },
      ],
    });
    expect([found.index.find("a"), found.index.find("b"), found.index.find("c")]).toEqual([
      0, 1, -1,
    ]);
    // By its number only a line without an id is known.
    expect([1, 2, 3, 4].map((number) => found.index.findNumber(number))).toEqual([-1, -1, -1, -1]);
    const nameless = await survey(`${OPENAI}\n\n{"body":{"model":"m1"}}\n`);
    expect([1, 2, 3, 4].map((number) => nameless.index.findNumber(number))).toEqual([
      -1, -1, 1, -1,
    ]);
  });

  test.each([
    { line: '{"custom_id":"x","params":{"model":"m"}}', format: "anthropic", id: "x" },
    { line: '{"key":"x","request":{"contents":[]}}', format: "gemini", id: "x" },
    { line: '{"request":{"contents":[]},"metadata":{"key":"x"}}', format: "gemini", id: "x" },
    { line: '{"key":12,"request":{"contents":[]}}', format: "gemini", id: "12" },
    { line: '{"recordId":"x","modelInput":{}}', format: "bedrock", id: "x" },
    { line: '{"what":"x"}', format: null, id: null },
    { line: "[1,2]", format: null, id: null },
    { line: '{"custom_id":"x","body":{"mod', format: "openai", id: "x" },
  ])("knows $line as a line of $format", async ({ line, format, id }) => {
    const found = await survey(line);
    expect(found.format).toBe(format);
    expect(found.index.find(id ?? "x")).toBe(id === null ? -1 : 0);
  });

  test("a line of another format makes the file mixed, one of none does not", async () => {
    expect(await survey(`hello\n${OPENAI}\nnonsense`)).toMatchObject({
      isUniform: true,
      format: "openai",
    });
    expect(await survey(`${OPENAI}\n{"recordId":"r","modelInput":{}}`)).toMatchObject({
      isUniform: false,
    });
  });

  test("a line that is too long is an error with its number", async () => {
    await expect(survey(`{}\n${"x".repeat(501)}\n`)).rejects.toThrow(
      "line 2 is longer than 500 bytes",
    );
  });
});
