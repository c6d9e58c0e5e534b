import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LineMap } from "../../src/core/translation.ts";
import { type FailedLine, translate } from "../../src/formats/translate.ts";
import {
  anthropic,
  chatLine,
  chunksOf,
  openai,
  requestsTo,
  resultsFrom,
  side,
  translated,
} from "./mapping.ts";

const toClaude = side(anthropic, { model: "claude-haiku-4-5" });

async function run(input: string | Uint8Array, rest: { readonly maxLineBytes?: number } = {}) {
  const map = requestsTo(toClaude);
  const failed: FailedLine[] = [];
  const output = await translated(chunksOf(Buffer.from(input)), map, {
    ...rest,
    onFailed: (line) => failed.push(line),
  });
  return { output, failed, report: map.report(), ids: idsOf(output) };
}

function idsOf(output: string): unknown[] {
  if (output === "") return [];
  expect(output.endsWith("\n")).toBe(true);
  return output
    .slice(0, -1)
    .split("\n")
    .map((line): unknown => (JSON.parse(line) as { readonly custom_id: unknown }).custom_id);
}

describe("translate", () => {
  test("accepts a BOM, CRLF, blank lines and white space, and writes none of them", async () => {
    const input = `\uFEFF${chatLine("a")}\r\n\r\n \t${chatLine("b")}  \n\n\n${chatLine("c")}`;
    const { ids, failed, report } = await run(input);
    expect(ids).toEqual(["a", "b", "c"]);
    expect(failed).toEqual([]);
    expect(report.lines).toBe(3);
  });

  test("of nothing is nothing", async () => {
    expect((await run("")).output).toBe("");
    expect((await run("\uFEFF\r\n  \n")).output).toBe("");
  });

  test.each([
    { name: "no JSON", bytes: Buffer.from('{"custom_id":"bad"'), status: 400 },
    {
      name: "invalid UTF-8",
      bytes: Buffer.from('{"custom_id":"bad","x":"\xff"}', "latin1"),
      status: 400,
    },
    { name: "UTF-16", bytes: Buffer.from(chatLine("bad"), "utf16le").subarray(0, -1), status: 400 },
    { name: "a NUL", bytes: Buffer.from('{"custom_id":"bad","x":"\0"}'), status: 400 },
    { name: "a NUL after the line", bytes: Buffer.from(`${chatLine("bad")}\0`), status: 400 },
    {
      name: "too long a line",
      bytes: Buffer.from(chatLine("bad", { x: "y".repeat(300_000) })),
      status: 413,
    },
  ])("reports $name with its line number, and goes on", async ({ name, bytes, status }) => {
    const lines = [Buffer.from(chatLine("a")), Buffer.from(""), bytes, Buffer.from(chatLine("b"))];
    const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
    const { ids, failed, report } = await run(input, { maxLineBytes: 200_000 });
    expect(ids).toEqual(["a", "b"]);
    expect(failed).toMatchObject([
      { line: 3, customId: name === "UTF-16" ? null : "bad", error: { status, line: 3 } },
    ]);
    expect(report).toMatchObject({ lines: 3, failedLines: 1, errors: [{ lineNumbers: [3] }] });
  });

  test("writes results that can't be read as errored lines", async () => {
    const map = resultsFrom(side(anthropic), side(openai, { endpoint: "chat" }));
    const lines = [
      Buffer.from('{"custom_id":"a","result":{"type":"expired"}}\n'),
      Buffer.from('{"custom_id":"b","result":{"x":"\xff"}}\n', "latin1"),
      Buffer.from(`{"custom_id":"c","result":{"x":"${"y".repeat(2_000)}"}}\n`),
      Buffer.from('{"custom_id":"d"'),
    ];
    const output = await translated(chunksOf(Buffer.concat(lines)), map, { maxLineBytes: 1_000 });
    expect(idsOf(output)).toEqual(["a", "b", "c", "d"]);
    expect(map.report()).toMatchObject({ lines: 4, failedLines: 3 });
  });

  test("takes a line of 32 MiB, and no longer one", async () => {
    const [head = "", tail = ""] = chatLine("big", {
      max_tokens: 1,
      messages: [{ role: "user", content: "@" }],
    }).split("@");
    const content = "é".repeat((32 * 1024 * 1024 - head.length - tail.length) / 2);
    const fits = Buffer.from(head + content + tail);
    expect(fits.length).toBeLessThanOrEqual(32 * 1024 * 1024);
    const { output, failed } = await run(fits);
    expect(failed).toEqual([]);
    expect(output.includes(content)).toBe(true);
    const longer = await run(Buffer.from(`${head}${content}éé${tail}`));
    expect(longer.failed).toMatchObject([{ customId: "big", error: { status: 413 } }]);
  });

  test("takes chunks only as they are asked for, and writes one for each", async () => {
    let taken = 0;
    async function* source() {
      for (let chunk = 0; chunk < 10; chunk += 1) {
        taken += 1;
        const lines = Array.from({ length: 20 }, (_, line) => chatLine(`c${chunk}-${line}`));
        yield await Promise.resolve(Buffer.from(`${lines.join("\n")}\n`));
      }
    }
    const output = translate(source(), requestsTo(toClaude));
    for (let chunk = 1; chunk <= 10; chunk += 1) {
      const { value } = await output.next();
      expect(idsOf(Buffer.from(value ?? []).toString())).toHaveLength(20);
      expect(taken).toBe(chunk);
    }
    expect((await output.next()).done).toBe(true);
  });

  test("keeps nothing of a chunk that is a whole file", async () => {
    const lines = Array.from({ length: 3_000 }, (_, line) =>
      chatLine(`a${line}`, { messages: [{ role: "user", content: "x".repeat(1_000) }] }),
    );
    const whole = Buffer.from(lines.join("\n"));
    const sizes: number[] = [];
    for await (const chunk of translate(chunksOf(whole, [whole.length]), requestsTo(toClaude))) {
      sizes.push(chunk.length);
    }
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(1.2 * 1024 * 1024);
  });

  test("lets others run while a large chunk is mapped", async () => {
    const whole = Buffer.from(Array.from({ length: 20_000 }, () => "{}").join("\n"));
    let turns = 0;
    const interval = setInterval(() => {
      turns += 1;
    }, 1);
    await translated(chunksOf(whole, [whole.length]), requestsTo(toClaude));
    clearInterval(interval);
    expect(turns).toBeGreaterThan(1);
  });

  test("ends when it's told to", async () => {
    const stop = new AbortController();
    async function* endless() {
      for (;;) yield await Promise.resolve(Buffer.from(`${chatLine("a")}\n`));
    }
    const output = translate(endless(), requestsTo(toClaude), { signal: stop.signal });
    await output.next();
    stop.abort(new Error("the client left"));
    await expect(output.next()).rejects.toThrow("the client left");
  });

  test("tells its source that it's done when nobody reads on", async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield await Promise.resolve(Buffer.from(`${chatLine("a")}\n`));
      } finally {
        isClosed = true;
      }
    }
    for await (const _chunk of translate(endless(), requestsTo(toClaude))) break;
    expect(isClosed).toBe(true);
  });
});

describe("whatever the bytes are", () => {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.json().map((text) => Buffer.from(text)) },
    {
      weight: 6,
      arbitrary: fc
        .record({ id: fc.string({ unit: "binary" }), content: fc.jsonValue(), rest: fc.object() })
        .map(({ id, content, rest }) =>
          Buffer.from(chatLine(id, { ...rest, messages: [{ role: "user", content }] })),
        ),
    },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom("", "\r", " ", "\uFEFF", "\u2028", "{}", "[", '"\\', '{"custom_id":"a"', "\0")
        .map((text) => Buffer.from(text)),
    },
    { weight: 1, arbitrary: fc.constant(Buffer.from(chatLine("long", { x: "é".repeat(500) }))) },
  );
  const file = fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => Buffer.concat(pieces.flatMap((line) => [line, Buffer.from("\n")])));
  const maps: readonly { readonly name: string; readonly create: () => LineMap }[] = [
    { name: "requests", create: () => requestsTo(toClaude) },
    { name: "strict requests", create: () => requestsTo(toClaude, { mode: "strict" }) },
    {
      name: "results",
      create: () => resultsFrom(side(anthropic), side(openai, { endpoint: "chat" })),
    },
  ];

  async function outcome(map: LineMap, bytes: Uint8Array, sizes: readonly number[]) {
    const failed: FailedLine[] = [];
    const output = await translated(chunksOf(bytes, sizes), map, {
      maxLineBytes: 1_000,
      onFailed: (line) => failed.push(line),
    });
    return { output, failed, report: map.report() };
  }

  test.each(maps)("$name: every line has one outcome, however it's cut", async ({ create }) => {
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.array(fc.nat({ max: 90 }), { minLength: 1 }),
        async (bytes, sizes) => {
          const whole = await outcome(create(), bytes, [bytes.length]);
          const { output, failed, report } = whole;
          expect(await outcome(create(), bytes, sizes)).toEqual(whole);
          expect(output === "" || output.endsWith("\n")).toBe(true);
          const written = output === "" ? [] : output.slice(0, -1).split("\n");
          for (const line of written) expect(JSON.parse(line)).toBeTypeOf("object");
          expect(report.lines).toBe(linesIn(bytes));
          expect(written.length + failed.length).toBe(report.lines);
          for (const { error } of failed) {
            expect(error.code).not.toBe("internal");
            expect(error.status).toBeGreaterThanOrEqual(400);
            expect(error.message).not.toBe("");
          }
          expect(output).not.toContain('"internal"');
        },
      ),
      { numRuns: 300 },
    );
  });

  /** That aren't blank. */
  function linesIn(bytes: Uint8Array): number {
    const text = Buffer.from(bytes)
      .toString("latin1")
      .replace(/^\u00ef\u00bb\u00bf/, "");
    return text.split("\n").filter((line) => /[^ \t\r]/.test(line)).length;
  }
});
