import { expect, test } from "vitest";
import { joinLines } from "../../src/lib/lines-as-array.ts";

async function join(...chunks: readonly Uint8Array[]): Promise<Buffer> {
  const out: Uint8Array[] = [];
  for await (const chunk of joinLines(inTurn(chunks.map((chunk) => Buffer.from(chunk)))))
    out.push(chunk);
  expect(out.every((chunk) => chunk.length > 0)).toBe(true);
  return Buffer.concat(out);
}

async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const CASES: readonly {
  readonly name: string;
  readonly text: string;
  readonly items: readonly unknown[];
}[] = [
  { name: "one line", text: '{"a":1}\n', items: [{ a: 1 }] },
  { name: "several lines", text: '{"a":1}\n{"b":2}\n3\n', items: [{ a: 1 }, { b: 2 }, 3] },
  { name: "a last line without newline", text: "1\n2", items: [1, 2] },
  { name: "CRLF", text: "1\r\n2\r\n", items: [1, 2] },
  { name: "blank lines anywhere", text: "\n \n1\n\n\r\n\t\n2\n\n  \n", items: [1, 2] },
  { name: "white space around lines", text: "  1 \n\t2\t\n", items: [1, 2] },
  {
    name: "white space within lines",
    text: '{ "a": [1, 2] }\n[ 3 ]\n',
    items: [{ a: [1, 2] }, [3]],
  },
  { name: "a BOM", text: '\u{FEFF}{"a":1}\n2\n', items: [{ a: 1 }, 2] },
  { name: "a BOM and blank lines", text: "\u{FEFF}\n\n1\n2\n", items: [1, 2] },
  { name: "a BOM within a string", text: '"\u{FEFF}"\n"ü🌍"\n', items: ["\u{FEFF}", "ü🌍"] },
  { name: "escaped newlines and commas", text: '"a\\nb,"\n",\\n"\n', items: ["a\nb,", ",\n"] },
  { name: "nothing", text: "", items: [] },
  { name: "nothing but blanks", text: "\u{FEFF} \r\n\n", items: [] },
];

test("whole lines are passed on as they lie, and not copied", async () => {
  const chunks = ["1\n", "2\n", "3\n"].map((text) => new TextEncoder().encode(text));
  const buffers = new Set<ArrayBufferLike>(chunks.map(({ buffer }) => buffer));
  const out: Uint8Array[] = [];
  for await (const each of joinLines(inTurn(chunks))) out.push(each);
  expect(Buffer.concat(out).toString()).toBe("1,2,3\n");
  expect(out.filter(({ buffer }) => buffers.has(buffer))).toHaveLength(3);
});

test.each(CASES)("$name: as an array of as many bytes, however it is cut", async (one) => {
  const bytes = Buffer.from(one.text);
  const expected = await join(bytes);
  expect(expected).toHaveLength(bytes.length);
  expect(JSON.parse(`[${expected.toString()}]`)).toEqual(one.items);
  const pieces = [Array.from(bytes, (byte) => Uint8Array.of(byte))];
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    pieces.push([bytes.subarray(0, cut), bytes.subarray(cut)]);
  }
  for (const chunks of pieces) {
    const joined = await join(...chunks);
    expect(joined).toHaveLength(bytes.length);
    expect(JSON.parse(`[${joined.toString()}]`)).toEqual(one.items);
  }
  expect(bytes.toString()).toBe(one.text);
});
