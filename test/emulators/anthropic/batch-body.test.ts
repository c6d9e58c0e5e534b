import { isUtf8 } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../../../src/emulators/anthropic/api-error.ts";
import { createBatchBodyCutter } from "../../../src/emulators/anthropic/batch-body.ts";
import { createEnvelopeCheck } from "../../../src/emulators/anthropic/batch-envelopes.ts";
import type { ScannedValue } from "../../../src/emulators/anthropic/value-scan.ts";

/** Longer than an id may be. */
const LONG = "Lorem ipsum. ".repeat(12);

const REQUESTS = [
  {
    custom_id: "a",
    params: {
      model: "m",
      temperature: -1.5e-3,
      stream: false,
      stop: null,
      messages: [
        { role: "user", content: `${LONG}"quoted" back\\slash [{,:}] \b\f\n\r\t / é € 😀` },
        { role: "assistant", content: "\\" },
        { role: "user", content: `${LONG}\\` },
        { role: "user", content: "" },
      ],
    },
  },
  { params: { [LONG]: [[], {}, LONG] }, custom_id: "b" },
];

/** The same body as different clients print it. */
const BODIES = [
  JSON.stringify({ requests: REQUESTS }),
  JSON.stringify({ requests: REQUESTS }, null, 1),
  JSON.stringify({ requests: REQUESTS })
    .replaceAll(/[^ -~]/g, escaped)
    .replaceAll("/", "\\/"),
].map((text) => Buffer.from(text));

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

interface Taken {
  readonly items: readonly ScannedValue[];
  readonly offsets: readonly number[];
  readonly ids: readonly string[];
}

function take(chunks: readonly Buffer[]): Taken {
  const check = createEnvelopeCheck({ batchRequests: 10 });
  const items: ScannedValue[] = [];
  const offsets: number[] = [];
  const cutter = createBatchBodyCutter({
    list: check.list,
    member: check.member,
    item: (source, offset) => {
      check.item(source);
      items.push({ bytes: Buffer.from(source.bytes), members: source.members });
      offsets.push(offset);
    },
  });
  for (const chunk of chunks) cutter.push(chunk);
  cutter.end();
  const problem = check.problem();
  if (problem !== null) throw problem;
  return { items, offsets, ids: check.ids() };
}

function refusalOf(chunks: readonly Buffer[]): string | null {
  try {
    take(chunks);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message;
  }
}

function inPieces(bytes: Buffer, size: number): readonly Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

test.each(BODIES.map((body, index) => [index, body] as const))(
  "body %i gives the same requests wherever it is cut",
  (_index, body) => {
    const whole = take([body]);
    expect(whole.items.map(({ bytes }) => JSON.parse(bytes.toString("utf8")))).toEqual(REQUESTS);
    expect(whole.ids).toEqual(["a", "b"]);
    for (const [index, { bytes }] of whole.items.entries()) {
      const offset = whole.offsets[index] ?? 0;
      expect(body.subarray(offset, offset + bytes.length)).toEqual(bytes);
    }
    const expectSame = (chunks: readonly Buffer[]) => {
      const { items, ...rest } = take(chunks);
      expect(rest).toEqual({ ids: whole.ids, offsets: whole.offsets });
      for (const [index, { bytes, members }] of items.entries()) {
        expect(bytes).toEqual(whole.items[index]?.bytes);
        // A number that was cut is left to the parser.
        expect([null, whole.items[index]?.members]).toContainEqual(members);
      }
    };
    for (let cut = 0; cut <= body.length; cut += 1) {
      expectSame([body.subarray(0, cut), body.subarray(cut)]);
    }
    for (const size of [1, 2, 3, 5]) expectSame(inPieces(body, size));
  },
);

test("members are found where they are, and only an unusual escape is left to the parser", () => {
  const found = BODIES.map((body) => take([body]).items.map(membersOf));
  const usual = [
    ["custom_id", '"a', "params", "{"],
    ["params", "{", "custom_id", '"b'],
  ];
  expect(found).toEqual([usual, usual, [null, usual[1]]]);
});

/** Keys, and of the values strings without their last quote, or one byte. */
function membersOf({ bytes, members }: ScannedValue): readonly string[] | null {
  if (members === null) return null;
  return Array.from({ length: members.length / 2 }, (_, index) => {
    const [start = 0, end = 0] = members.slice(index * 2, index * 2 + 2);
    return bytes.toString("utf8", start, Math.max(end, start + 1));
  });
}

/** Each of them is right in one place and wrong in another. */
const INTRUDERS = ['"', "\\", "{", "}", "[", "]", ",", ":", "\n", "\0", "\x7f", "u", "1", "\xff"];

test("a body with a byte too many, or another byte, is taken as JSON only where it is", () => {
  const seen = { fine: 0, broken: 0 };
  const requests = [REQUESTS[1], REQUESTS[0]];
  const body = Buffer.from(JSON.stringify({ requests }));
  for (const intruder of INTRUDERS.map((byte) => Buffer.from(byte, "latin1"))) {
    // Not the first bracket: what isn't an object at all has words of its own.
    for (let at = 1; at < body.length; at += 1) {
      for (const rest of [at, at + 1]) {
        const bytes = Buffer.concat([body.subarray(0, at), intruder, body.subarray(rest)]);
        const isFine = isJson(bytes);
        const refusal = refusalOf(inPieces(bytes, 100)) ?? "";
        if (refusal.startsWith("The request body is not valid JSON: ") === isFine) {
          throw new Error(`${bytes.toString("latin1")}: ${refusal}`);
        }
        seen[isFine ? "fine" : "broken"] += 1;
      }
    }
  }
  expect(seen.fine).toBeGreaterThan(1_000);
  expect(seen.broken).toBeGreaterThan(1_000);
});

const TOKENS = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"a"',
  '""',
  '"k":',
  "1",
  "-0.5e+3",
  "01",
  "-",
  "null",
  "nul",
  " ",
];

test("whatever tokens follow each other, they are taken as JSON only where they are", () => {
  const tokens = fc.array(fc.constantFrom(...TOKENS), { maxLength: 8 });
  let fine = 0;
  fc.assert(
    fc.property(tokens, fc.constantFrom("[]", "{}"), fc.nat(60), (found, [open, close], cut) => {
      const params = `{"a": ${open}${found.join("")}${close}}`;
      const body = Buffer.from(`{"requests": [{"custom_id": "c", "params": ${params}}]}`);
      fine += isJson(body) ? 1 : 0;
      const refusal = refusalOf([body.subarray(0, cut), body.subarray(cut)]) ?? "";
      expect(refusal.startsWith("The request body is not valid JSON: ")).toBe(!isJson(body));
    }),
    { numRuns: 5_000 },
  );
  expect(fine).toBeGreaterThan(100);
});

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return isUtf8(bytes);
  } catch {
    return false;
  }
}

test.each([
  ["a control character", `{"custom_id": "c", "params": {"a": "${LONG}\n"}}`],
  ["an escape that there isn't", `{"custom_id": "c", "params": {"a": "${LONG}\\x"}}`],
  ["half an escape", `{"custom_id": "c", "params": {"a": "${LONG}\\u12"}}`],
  ["a long text without a comma before it", `{"custom_id": "c" "${LONG}": {}}`],
])("%s in the third request says what the parser says of it", (_title, third) => {
  const first = BODIES[0]?.toString("utf8").slice(0, -2) ?? "";
  let words = "";
  try {
    JSON.parse(third);
  } catch (error) {
    words = String(error).replace("SyntaxError: ", "");
  }
  expect(words).not.toBe("");
  const refusal = refusalOf([Buffer.from(`${first}, ${third}]}`)]);
  expect(refusal).toBe(`The request body is not valid JSON: ${words}`);
});

test.each([
  [{ custom_id: LONG, params: {} }, ".custom_id: String should have at most 64 characters"],
  [{ custom_id: "c", params: LONG }, ".params: Input should be a valid dictionary"],
  [{ custom_id: "c", params: {}, [LONG]: LONG }, `.${LONG}: Extra inputs are not permitted`],
])("a long text in the wrong place is told in full: %#", (third, words) => {
  const body = Buffer.from(JSON.stringify({ requests: [...REQUESTS, third] }));
  expect(refusalOf([body])).toBe(`requests.2${words}`);
});

test.each([
  ["params twice, the last of them none", '"custom_id": "c", "params": {}, "params": 1', false],
  ["params twice, the last of them right", '"params": 1, "custom_id": "c", "params": {}', true],
  ["an id twice, the last of them none", '"custom_id": "c", "params": {}, "custom_id": 1', false],
  ["an id twice, the last of them right", '"custom_id": 1, "params": {}, "custom_id": "c"', true],
])("of %s the last counts", (_title, members, isFine) => {
  expect(refusalOf([Buffer.from(`{"requests": [{${members}}]}`)]) === null).toBe(isFine);
});

test.each([10, 1_000])(
  "%i lists within each other are taken, one bracket too few isn't",
  (depth) => {
    const body = (open: number, close: number) =>
      Buffer.from(
        `{"requests": [{"custom_id": "c", "params": {"a": ${"[".repeat(open)}${"]".repeat(close)}}}]}`,
      );
    expect(refusalOf([body(depth, depth)])).toBe(null);
    expect(refusalOf([body(depth, depth - 1)])).toContain("not valid JSON");
    expect(refusalOf([body(depth - 1, depth)])).toContain("not valid JSON");
  },
);

test("an id may be written with escapes", () => {
  const id = "c".repeat(64);
  const written = escaped("c").repeat(64);
  const body = JSON.stringify({ requests: [{ custom_id: id, params: {} }] }).replace(id, written);
  expect(take([Buffer.from(body)]).ids).toEqual([id]);
});
