import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter, LineTooLongError } from "../../src/lib/line-splitter.ts";

function split(chunks: readonly Buffer[], maxLineBytes = 1_000_000) {
  const lines: {
    readonly text: string;
    readonly number: number;
    readonly offset: number;
    readonly length: number;
  }[] = [];
  const splitter = new LineSplitter((line, position) => {
    lines.push({ text: line.toString("utf8"), ...position });
  }, maxLineBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe("LineSplitter", () => {
  test.each([
    { name: "two lines", input: "a\nb\n", texts: ["a", "b"], numbers: [1, 2] },
    { name: "a last line without newline", input: "a\nb", texts: ["a", "b"], numbers: [1, 2] },
    { name: "CRLF", input: "a\r\nb\r\n", texts: ["a", "b"], numbers: [1, 2] },
    {
      name: "blank lines, which keep their number",
      input: "\n  \na\n\nb",
      texts: ["a", "b"],
      numbers: [3, 5],
    },
    {
      name: "white space around a line",
      input: "   a\t \n\t b",
      texts: ["a", "b"],
      numbers: [1, 2],
    },
    {
      name: "a byte order mark at the start only",
      input: "\uFEFFa\n\uFEFFb",
      texts: ["a", "\uFEFFb"],
      numbers: [1, 2],
    },
    { name: "nothing", input: "", texts: [], numbers: [] },
  ])("reads $name", ({ input, texts, numbers }) => {
    const lines = split([Buffer.from(input)]);
    expect(lines.map((line) => line.text)).toEqual(texts);
    expect(lines.map((line) => line.number)).toEqual(numbers);
  });

  test("gives the same lines and positions however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("", "a", " bé ", "{}", "\t", "\r", "x".repeat(40)), {
          maxLength: 12,
        }),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 30 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.join("\n"));
          const chunks: Buffer[] = [];
          let at = 0;
          for (let turn = 0; at < bytes.length; turn += 1) {
            const size = (cuts[turn % cuts.length] ?? 0) + 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const cut = split(chunks);
          expect(cut).toEqual(split([bytes]));
          for (const line of cut) {
            expect(bytes.subarray(line.offset, line.offset + line.length).toString("utf8")).toBe(
              line.text,
            );
          }
        },
      ),
    );
  });

  test("refuses a line that is too long, whether it lies in one chunk or in many", () => {
    expect(() => split([Buffer.from("ok\n12345678901\n")], 10)).toThrow(LineTooLongError);
    expect(() => split([Buffer.from("ok\n123456"), Buffer.from("78901")], 10)).toThrow(
      "line 2 is longer than 10 bytes",
    );
    expect(split([Buffer.from("1234567890\n1234567890")], 10)).toHaveLength(2);
  });

  test("skips a line that is too long where it's told to, and says how it begins", () => {
    const bytes = Buffer.from("ok\n1234567890123\nfine\n  \nabcdefghijklmn");
    for (const size of [1, 4, 11, 100]) {
      const seen: string[] = [];
      const splitter = new LineSplitter(
        (line, { number, offset }) => seen.push(`${number} at ${offset}: ${line.toString()}`),
        10,
        (number, head) => seen.push(`${number} too long: ${head.toString()}`),
      );
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      splitter.end();
      expect(seen).toEqual([
        "1 at 0: ok",
        "2 too long: 1234567890",
        "3 at 17: fine",
        "5 too long: abcdefghij",
      ]);
    }
  });
});
