import { expect, test } from "vitest";
import { parseServerEvents, type ServerEvent } from "../../src/lib/server-sent-events.ts";

async function parse(...chunks: readonly (string | Uint8Array)[]): Promise<ServerEvent[]> {
  return readAll(parseServerEvents(inTurn(chunks)));
}

async function readAll(events: AsyncIterable<ServerEvent>): Promise<ServerEvent[]> {
  const all: ServerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function* inTurn(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

const CASES: readonly {
  readonly name: string;
  readonly text: string;
  readonly events: readonly (readonly [event: string | null, data: string])[];
}[] = [
  { name: "one event", text: "data: 1\n\n", events: [[null, "1"]] },
  { name: "a named one", text: "event: ping\ndata: {}\n\n", events: [["ping", "{}"]] },
  { name: "the name after the data", text: "data: 1\nevent: a\n\n", events: [["a", "1"]] },
  {
    name: "a name of its own event alone",
    text: "event: a\ndata: 1\n\ndata: 2\n\n",
    events: [
      ["a", "1"],
      [null, "2"],
    ],
  },
  { name: "several data lines", text: "data: 1\ndata:\ndata: 3\n\n", events: [[null, "1\n\n3"]] },
  { name: "data without a space", text: "data:1\n\n", events: [[null, "1"]] },
  { name: "only the first space taken off", text: "data:  1 \n\n", events: [[null, " 1 "]] },
  { name: "colons within", text: 'data: {"a":"b:c"}\n\n', events: [[null, '{"a":"b:c"}']] },
  { name: "empty data", text: "data\n\n", events: [[null, ""]] },
  { name: "comments and other fields", text: ": hi\nid: 7\nretry: 5\n\n", events: [] },
  { name: "a comment in an event", text: "data: 1\n: hi\n\n", events: [[null, "1"]] },
  { name: "a name without data", text: "event: a\n\ndata: 1\n\n", events: [[null, "1"]] },
  { name: "an empty name", text: "event:\ndata: 1\n\n", events: [[null, "1"]] },
  { name: "many blank lines", text: "\n\n\ndata: 1\n\n\n\n", events: [[null, "1"]] },
  { name: "CRLF", text: "event: a\r\ndata: 1\r\n\r\n", events: [["a", "1"]] },
  { name: "CR", text: "event: a\rdata: 1\r\r", events: [["a", "1"]] },
  {
    name: "all three ends of line",
    text: "data: 1\r\ndata: 2\rdata: 3\n\r\n",
    events: [[null, "1\n2\n3"]],
  },
  { name: "a BOM", text: "\u{FEFF}data: 1\n\n", events: [[null, "1"]] },
  { name: "a BOM later on", text: "data: 1\n\n\u{FEFF}data: 2\n\n", events: [[null, "1"]] },
  {
    name: "letters beyond ASCII",
    text: "data: Grüße 🌍\u{2028}\n\n",
    events: [[null, "Grüße 🌍\u{2028}"]],
  },
  { name: "an event that isn't ended", text: "data: 1\n\ndata: 2\n", events: [[null, "1"]] },
  { name: "nothing", text: "", events: [] },
];

test.each(CASES)("$name: read whole, byte by byte, and cut in two anywhere", async (one) => {
  const expected = one.events.map(([event, data]) => ({ event, data }));
  const bytes = Buffer.from(one.text);
  expect(await parse(bytes)).toEqual(expected);
  expect(await parse(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await parse(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(expected);
  }
});

test("an event comes as soon as it is there, and the source is let go when the reader stops", async () => {
  const steps: string[] = [];
  async function* source() {
    try {
      yield Buffer.from("data: 1\n\n");
      steps.push("asked for more");
      yield Buffer.from("data: 2\n\n");
    } finally {
      steps.push("let go");
    }
  }
  for await (const { data } of parseServerEvents(source())) {
    steps.push(data);
    break;
  }
  expect(steps).toEqual(["1", "let go"]);
});

test("an error of the source comes after the events before it", async () => {
  async function* source() {
    yield Buffer.from("data: 1\n\ndata: 2");
    throw new Error("cut");
  }
  const seen: string[] = [];
  const reading = async () => {
    for await (const { data } of parseServerEvents(source())) seen.push(data);
  };
  await expect(reading()).rejects.toThrow("cut");
  expect(seen).toEqual(["1"]);
});

test("an event without end is refused before it fills the memory", async () => {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  async function* source() {
    yield Buffer.from("data: ");
    for (let count = 0; count < 70; count += 1) yield chunk;
  }
  await expect(readAll(parseServerEvents(source()))).rejects.toThrow("longer than");
});
