import { isUtf8 } from "node:buffer";
import { expect, test } from "vitest";
import { ApiError } from "../../../src/emulators/anthropic/api-error.ts";
import { createBatchBodyCutter } from "../../../src/emulators/anthropic/batch-body.ts";
import { createEnvelopeCheck } from "../../../src/emulators/anthropic/batch-envelopes.ts";
import type { ScannedValue } from "../../../src/emulators/anthropic/value-scan.ts";

/** Long enough to be left out of what the parser sees. */
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
      items.push({ bytes: Buffer.from(source.bytes), texts: source.texts });
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
    for (let cut = 0; cut <= body.length; cut += 1) {
      expect(take([body.subarray(0, cut), body.subarray(cut)])).toEqual(whole);
    }
    for (const size of [1, 2, 3, 5]) expect(take(inPieces(body, size))).toEqual(whole);
  },
);

test("what is left out of a request is the inside of strings that are valid", () => {
  const { items } = take(BODIES.slice(0, 1));
  let checked = 0;
  for (const { bytes, texts } of items) {
    for (let index = 0; index < (texts ?? []).length; index += 2) {
      const text = bytes.toString("utf8", (texts?.[index] ?? 0) - 1, (texts?.[index + 1] ?? 0) + 1);
      expect(JSON.parse(text)).toContain(LONG);
      checked += 1;
    }
  }
  expect(checked).toBe(4);
});

test("a string that a parser has to judge is left in", () => {
  expect(take(BODIES.slice(2)).items.map(({ texts }) => texts === null)).toEqual([true, false]);
});

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

test("an id may be written with escapes", () => {
  const id = "c".repeat(64);
  const written = escaped("c").repeat(64);
  const body = JSON.stringify({ requests: [{ custom_id: id, params: {} }] }).replace(id, written);
  expect(take([Buffer.from(body)]).ids).toEqual([id]);
});
