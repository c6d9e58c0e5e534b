import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJsonArrayCutter, type CutterOptions } from "../../src/lib/json-array-cutter.ts";
import { JsonStreamError } from "../../src/lib/json-stream-error.ts";

const OPTIONS: CutterOptions = {
  key: "requests",
  maxDepth: 64,
  maxElementBytes: 1_000_000,
  maxOtherBytes: 10_000,
};

function cut(chunks: readonly Buffer[], options: Partial<CutterOptions> = {}) {
  const pieces: Buffer[] = [];
  const events: unknown[] = [];
  const cutter = createJsonArrayCutter(
    { ...OPTIONS, ...options },
    {
      elementBegins: (kind) => void events.push(kind),
      member: (key, kind, text) => void events.push([key, kind, text]),
      elementEnds: () => void events.push("end"),
    },
  );
  for (const chunk of chunks) {
    const written = Buffer.from(chunk);
    pieces.push(Buffer.from(cutter.push(written)));
  }
  return { ...cutter.end(), lines: Buffer.concat(pieces).toString("utf8"), events };
}

/** The outcome of a text, however it is cut into chunks: tried whole, byte by byte, and in pieces of three. */
function cutText(text: string | Buffer, options: Partial<CutterOptions> = {}) {
  const bytes = Buffer.from(text);
  const outcomes = [bytes.length, 1, 3].map((size) => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    try {
      return cut(chunks, options);
    } catch (error) {
      if (!(error instanceof JsonStreamError)) throw error;
      return { kind: error.kind, message: error.message };
    }
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
  return outcomes[0];
}

describe("what is cut", () => {
  test.each([
    { what: "an empty list", text: '{"requests":[]}', lines: "" },
    { what: "one element", text: '{"requests":[{"a":1}]}', lines: '{"a":1}\n' },
    {
      what: "elements of every kind",
      text: '{"requests":[{}, [1,[2]] ,"a,]b",-1.5e+3,0 , true,false,null]}',
      lines: '{}\n[1,[2]]\n"a,]b"\n-1.5e+3\n0\ntrue\nfalse\nnull\n',
    },
    {
      what: "elements that are printed over several lines, which become one",
      text: '{\n "requests": [\r\n  {\r\n   "a": [1,\n 2]\n  }\n ,\n  {}\n ]\n}\n',
      lines: '{     "a": [1,  2]   }\n{}\n',
    },
    {
      what: "strings with brackets, quotes and line breaks that are escaped",
      text: String.raw`{"requests":["]}\"\\","\n\u000a{[\\\""]}`,
      lines: String.raw`"]}\"\\"` + "\n" + String.raw`"\n\u000a{[\\\""` + "\n",
    },
    {
      what: "a key that is escaped, and letters of any length",
      text: String.raw`{"r\u0065quests":["é€😀",""]}`,
      lines: '"é€😀"\n""\n',
    },
    {
      what: "a list of the same name further inside",
      text: '{"x":{"requests":[1]},"requests":[{"requests":[2]}]}',
      lines: '{"requests":[2]}\n',
    },
  ])("$what", ({ text, lines }) => {
    expect(cutText(text)).toMatchObject({ lines, found: "array" });
  });

  test("what stands beside the list is kept as it is, before and after", () => {
    const text = '{ "a" : {"b":[1, 2]} , "requests":[1], "c":"d\\n", "e" : null }';
    expect(cutText(text)).toMatchObject({
      lines: "1\n",
      others: '{"a" : {"b":[1, 2]},"c":"d\\n","e" : null}',
    });
  });

  test.each([
    { text: "{}", found: null },
    { text: '{"requests":{"a":[1]}}', found: "object" },
    { text: '{"requests":"[]"}', found: "string" },
    { text: '{"requests":null }', found: "null" },
  ])("of $text nothing is cut", ({ text, found }) => {
    expect(cutText(text)).toMatchObject({ lines: "", found, others: "{}" });
  });

  test("an element tells its kind and its members, with short texts", () => {
    const long = "x".repeat(511);
    const text = `{"requests":[{"id":"a\\u0062","n":{"id":"no"},"v":[{"id":1}],"long":"${long}"},["b"],7]}`;
    expect(cutText(text)).toMatchObject({
      events: [
        "object",
        ["id", "string", "ab"],
        ["n", "object", null],
        ["v", "array", null],
        ["long", "string", null],
        "end",
        "array",
        "end",
        "number",
        "end",
      ],
    });
  });
});

describe("what is refused", () => {
  test.each([
    { text: "", message: "unexpected end of data after byte 0" },
    { text: '{"requests":[{"a":1}', message: "unexpected end of data after byte 20" },
    { text: '{"requests":[1]', message: "unexpected end of data after byte 15" },
    { text: '{"requests":["a', message: "unexpected end of data after byte 15" },
    { text: '{"requests":[1]}}', message: "unexpected '}' at byte 16" },
    { text: '{"requests":[1]} x', message: "unexpected 'x' at byte 17" },
    { text: '{"requests":[1,]}', message: "unexpected ']' at byte 15" },
    { text: '{"requests":[1 2]}', message: "unexpected '2' at byte 15" },
    { text: '{"requests":[,1]}', message: "unexpected ',' at byte 13" },
    { text: '{"requests":[{"a":1,}]}', message: "unexpected '}' at byte 20" },
    { text: '{"requests":[{"a"}]}', message: "unexpected '}' at byte 17" },
    { text: '{"requests":[{a:1}]}', message: "unexpected 'a' at byte 14" },
    { text: '{"requests":[{]}', message: "unexpected ']' at byte 14" },
    { text: '{"requests":[[}]}', message: "unexpected '}' at byte 14" },
    { text: '{"requests":[01]}', message: "unexpected '1' at byte 14" },
    { text: '{"requests":[1.]}', message: "unexpected ']' at byte 15" },
    { text: '{"requests":[-]}', message: "unexpected ']' at byte 14" },
    { text: '{"requests":[1e]}', message: "unexpected ']' at byte 15" },
    { text: '{"requests":[nul]}', message: "unexpected ']' at byte 16" },
    { text: '{"requests":[NaN]}', message: "unexpected 'N' at byte 13" },
    { text: '{"requests":["\\x"]}', message: "unexpected 'x' at byte 15" },
    { text: '{"requests":["\\u00g0"]}', message: "unexpected 'g' at byte 18" },
    { text: '{"requests":["a\nb"]}', message: "unexpected 0x0a at byte 15" },
    { text: '{"requests":["a\0b"]}', message: "unexpected 0x00 at byte 15" },
    { text: '{"requests":\u00a0[]}', message: "unexpected 0xc2 at byte 12" },
    { text: "\uFEFF{}", message: "unexpected 0xef at byte 0" },
  ])("$text isn't JSON: $message", ({ text, message }) => {
    expect(cutText(text)).toEqual({ kind: "syntax", message });
  });

  test.each([
    { what: "a lone byte of a longer letter", bytes: [0xc3] },
    { what: "a byte that begins nothing", bytes: [0x80] },
    { what: "half of a surrogate pair", bytes: [0xed, 0xa0, 0x80] },
    { what: "a letter that takes more bytes than it needs", bytes: [0xe0, 0x80, 0x80] },
  ])("$what isn't UTF-8", ({ bytes }) => {
    const text = Buffer.concat([
      Buffer.from('{"requests":["'),
      Buffer.from(bytes),
      Buffer.from('"]}'),
    ]);
    expect(cutText(text)).toEqual({ kind: "syntax", message: "it is not UTF-8" });
  });

  test.each([
    { text: "[]", options: {}, kind: "not_object" },
    { text: " 12 ", options: {}, kind: "not_object" },
    { text: '{"requests":[],"requests":[]}', options: {}, kind: "repeated" },
    { text: '{"requests":1,"r\\u0065quests":[]}', options: {}, kind: "repeated" },
    { text: '{"requests":[[[]]]}', options: { maxDepth: 3 }, kind: "depth" },
    { text: '{"requests":["123"]}', options: { maxElementBytes: 4 }, kind: "element_size" },
    { text: '{"a":1,"b":12}', options: { maxOtherBytes: 10 }, kind: "other_size" },
    { text: '{"aaaaaaaaaaa":1}', options: { maxOtherBytes: 10 }, kind: "other_size" },
  ])("$text with $options is $kind", ({ text, options, kind }) => {
    expect(cutText(text, options)).toMatchObject({ kind });
  });

  test.each([
    { text: '{"requests":[[[]]]}', options: { maxDepth: 4 } },
    { text: '{"requests":["12"]}', options: { maxElementBytes: 4 } },
    { text: '{"a":1,"b":12}', options: { maxOtherBytes: 11 } },
  ])("$text with $options just fits", ({ text, options }) => {
    expect(cutText(text, options)).not.toHaveProperty("kind");
  });
});

const spaces = fc.constantFrom("", "", " ", "\n", "\r\n\t");

/** JSON text of a value with white space wherever it may be. */
function written(value: unknown, blank: () => string): string {
  const around = (text: string) => blank() + text + blank();
  if (Array.isArray(value)) {
    return around(`[${value.map((item) => written(item, blank)).join(",") || blank()}]`);
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([key, item]) => `${around(JSON.stringify(key))}:${written(item, blank)}`,
    );
    return around(`{${members.join(",") || blank()}}`);
  }
  return around(JSON.stringify(value));
}

describe("of any JSON, cut into any chunks", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 });

  test("each element is a line with its own bytes, but for line breaks between tokens", () => {
    fc.assert(
      fc.property(
        fc.record({
          elements: fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 8 }),
          other: fc.jsonValue({ maxDepth: 2 }),
          blanks: fc.array(spaces, { minLength: 1, maxLength: 20 }),
          sizes: cuts,
        }),
        ({ elements, other, blanks, sizes }) => {
          let next = 0;
          const blank = () => blanks[next++ % blanks.length] ?? "";
          const texts = elements.map((element) => written(element, blank));
          const list = texts.join(",") || blank();
          const text = `{${blank()}"a"${blank()}:${written(other, blank)},"requests":${blank()}[${list}]}`;
          const { lines, others, found } = cut(chunked(Buffer.from(text), sizes));
          const expected = texts.map((each) => `${each.trim().replaceAll(/[\r\n]/g, " ")}\n`);
          expect(lines).toBe(expected.join(""));
          expect(
            lines
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line)),
          ).toEqual(JSON.parse(JSON.stringify(elements)));
          expect(found).toBe("array");
          expect(JSON.parse(others)).toEqual({ a: JSON.parse(JSON.stringify(other)) });
        },
      ),
    );
  });

  test("what isn't JSON is refused exactly where JSON.parse refuses it", () => {
    const valid = '{"requests":[{"a":"b\\n\\u00e9é","c":[-1.5e3,0,true,null]},{}],"d":"e"}';
    let refused = 0;
    fc.assert(
      fc.property(
        fc.record({
          at: fc.nat(valid.length - 1),
          inserted: fc.constantFrom("", ...'0"\\,}]{[: \ne-.'.split("")),
          removed: fc.nat(2),
          sizes: cuts,
        }),
        ({ at, inserted, removed, sizes }) => {
          const text = valid.slice(0, at) + inserted + valid.slice(at + removed);
          const isJson = canParse(text);
          if (!isJson) refused += 1;
          expect(isCut(chunked(Buffer.from(text), sizes))).toBe(isJson);
        },
      ),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

function chunked(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let turn = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
    turn += 1;
  }
  return chunks;
}

function isCut(chunks: readonly Buffer[]): boolean {
  try {
    cut(chunks);
    return true;
  } catch (error) {
    if (error instanceof JsonStreamError) return false;
    throw error;
  }
}

function canParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
