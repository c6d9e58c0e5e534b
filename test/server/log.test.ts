import { expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import { createLog } from "../../src/server/log.ts";
import { createRedactor } from "../../src/server/redactor.ts";

function startLog(settings: Config["log"], isTTY = false) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line), isTTY };
  const now = () => Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  const log = createLog({ log: settings, redactor: createRedactor([]), destination, now });
  return { log, lines };
}

test("a line is one JSON object", () => {
  const { log, lines } = startLog({ level: "info", format: "json" });
  log.info({ batch: "b1", text: "a\nb" }, "submitted");
  log.debug({}, "not written at this level");
  expect(lines).toEqual([
    '{"level":"info","time":"2026-01-02T03:04:05.006Z","batch":"b1","text":"a\\nb","message":"submitted"}\n',
  ]);
});

test("for people it is a text, with errors below and nothing that repaints a terminal", () => {
  const { log, lines } = startLog({ level: "debug", format: "text" });
  log.warn({ batch: "b1", count: 3, name: "two words", none: null }, "slow\u001b[31m");
  expect(lines).toEqual([
    '03:04:05.006 warn  slow [31m batch=b1 count=3 name="two words" none=null\n',
  ]);
  log.error({ error: new Error("it broke", { cause: new Error("for a reason") }) }, "failed");
  const [, failed = ""] = lines;
  expect(failed.split("\n")[0]).toBe("03:04:05.006 error failed");
  expect(failed.split("\n")[1]).toBe("    Error: it broke");
  expect(failed).toContain("for a reason");
});

test.each([
  [true, "03:04:05.006 info  hello\n"],
  [false, '{"level":"info","time":"2026-01-02T03:04:05.006Z","message":"hello"}\n'],
])("the automatic format on a terminal (%s)", (isTTY, line) => {
  const { log, lines } = startLog({ level: "info", format: "auto" }, isTTY);
  log.info({}, "hello");
  expect(lines).toEqual([line]);
});

test("silent is silent", () => {
  const { log, lines } = startLog({ level: "silent", format: "json" });
  log.error({}, "nobody hears");
  expect(lines).toEqual([]);
});
