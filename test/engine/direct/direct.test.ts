import { describe, expect, test } from "vitest";
import type { Fault } from "../../../src/emulators/faults.ts";
import { chatLine } from "../../support/batches.ts";
import { idsOf, lineIds, startDirectStage } from "./direct-stage.ts";

const PATH = "/chat/completions$";

describe("a run", () => {
  test("gives every line its result, in one blob, with what the provider said as it said it", async () => {
    await using stage = await startDirectStage(30);
    const end = await stage.run();
    const rows = await stage.results();
    expect(idsOf(rows)).toEqual(lineIds(30));
    expect(rows.every(({ response }) => response?.status_code === 200)).toBe(true);
    expect(end).toMatchObject({
      outcome: "completed",
      counts: { total: 30, completed: 30, failed: 0 },
      output: { role: "output", blob: "results/part1/raw-output", lines: 30, nativeId: null },
    });
    expect(await stage.keys()).toEqual(["results/part1/raw-output"]);
    expect(stage.control.journal()).toHaveLength(30);
    expect(stage.mostAtOnce()).toBe(4);
  });

  test("of 2,000 lines sends each once, and is told how far it is", async () => {
    await using stage = await startDirectStage(2_000, 8);
    const end = await stage.run();
    expect(end.counts).toEqual({ total: 2_000, completed: 2_000, failed: 0 });
    expect(idsOf(await stage.results())).toEqual(lineIds(2_000));
    expect(stage.control.journal()).toHaveLength(2_000);
    expect(stage.mostAtOnce()).toBe(8);
    const seen = stage.progress.map(({ completed }) => completed);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });

  test("in many short steps is the same as in one", async () => {
    await using stage = await startDirectStage(40);
    stage.control.inject({ kind: "slow", milliseconds: 10, times: 40 });
    let steps = 0;
    for (;;) {
      const done = await stage.once({ timing: { stepMilliseconds: 25 } });
      if (done.kind === "ended") break;
      steps += 1;
    }
    expect(steps).toBeGreaterThan(1);
    expect(idsOf(await stage.results())).toEqual(lineIds(40));
    expect(stage.control.journal()).toHaveLength(40);
  });

  test("of no lines at all has no results", async () => {
    await using stage = await startDirectStage();
    const end = await stage.run({ input: "\n \n" });
    expect(end).toMatchObject({ outcome: "completed", output: null });
    expect(await stage.keys()).toEqual([]);
  });

  test("fails lines that can't be read, each under its own id, and runs the others", async () => {
    await using stage = await startDirectStage();
    const input = [
      `\uFEFF${chatLine("a")}`,
      "",
      '{"custom_id":"b","body":{',
      chatLine("c", { user: "x".repeat(11_000) }),
      '{"custom_id":"d","url":"/v1/chat/completions"}',
      `  ${chatLine("e")}\r`,
    ].join("\n");
    const end = await stage.run({ input });
    expect(end.counts).toEqual({ total: 5, completed: 2, failed: 3 });
    const rows = await stage.results();
    const errors = Object.fromEntries(rows.map((row) => [row.custom_id, row.error?.message]));
    expect(errors).toEqual({
      a: undefined,
      b: expect.stringContaining("not valid JSON"),
      c: "the line is longer than 10000 bytes",
      d: "body: must be an object",
      e: undefined,
    });
    expect(stage.control.journal()).toHaveLength(2);
  });
});

const PASSING: readonly (readonly [string, Fault, number])[] = [
  ["429", { kind: "status", status: 429, path: PATH, times: 3 }, 3],
  ["503", { kind: "status", status: 503, path: PATH, times: 3 }, 3],
  ["529", { kind: "status", status: 529, path: PATH }, 1],
  ["500", { kind: "status", status: 500, path: PATH, times: 3 }, 3],
  ["408", { kind: "status", status: 408, path: PATH }, 1],
  ["409", { kind: "status", status: 409, path: PATH }, 1],
  ["reset", { kind: "reset", path: PATH, times: 3 }, 3],
  ["a lost reply", { kind: "lostReply", path: PATH, times: 3 }, 3],
  ["an answer cut off", { kind: "cutOff", path: PATH }, 1],
  ["an answer that is half of a JSON object", { kind: "malformed", path: PATH }, 1],
];

describe("a line that is answered with", () => {
  test.each(PASSING)("%s is run again, and only it", async (_, fault, repeats) => {
    await using stage = await startDirectStage(20);
    stage.control.inject(fault);
    const end = await stage.run();
    expect(end.counts).toEqual({ total: 20, completed: 20, failed: 0 });
    expect(idsOf(await stage.results())).toEqual(lineIds(20));
    expect(stage.control.journal()).toHaveLength(20 + repeats);
  });

  test.each([400, 401, 403, 404, 413, 422])(
    "%d has its result at once, in the provider's words",
    async (status) => {
      await using stage = await startDirectStage(1);
      const body = {
        error: { message: "No, never.", type: "odd", param: null, code: "x", extra: 1.5 },
      };
      stage.control.inject({ kind: "status", status, path: PATH, body });
      const end = await stage.run();
      expect(end.counts).toEqual({ total: 1, completed: 0, failed: 1 });
      expect((await stage.results())[0]).toMatchObject({
        custom_id: "line-1",
        error: null,
        response: { status_code: status, body },
      });
      expect(stage.control.journal()).toHaveLength(1);
    },
  );

  test("an empty purse isn't run again, though it has the status of a rate limit", async () => {
    await using stage = await startDirectStage(1);
    const body = {
      error: { message: "You are broke.", type: "insufficient_quota", code: "insufficient_quota" },
    };
    stage.control.inject({ kind: "status", status: 429, path: PATH, body });
    const end = await stage.run();
    expect(end.counts.failed).toBe(1);
    expect(stage.control.journal()).toHaveLength(1);
  });

  test.each([
    ["errors", { kind: "status", status: 500 }, 500],
    ["refusals", { kind: "status", status: 429 }, 429],
    ["no answers", { kind: "reset" }, 502],
  ] as const)(
    "%s alone fails after some attempts, however the steps fall",
    async (_, fault, status) => {
      await using stage = await startDirectStage(1);
      stage.control.inject({ ...fault, path: PATH, times: 100 });
      const end = await stage.run({ timing: { stepMilliseconds: 12 } });
      expect(end.counts).toEqual({ total: 1, completed: 0, failed: 1 });
      expect((await stage.results())[0]?.response?.status_code).toBe(status);
      expect(stage.control.journal()).toHaveLength(4);
    },
  );
});

describe("a provider that asks to wait", () => {
  test("is left alone by all lines until then", async () => {
    await using stage = await startDirectStage(12);
    stage.control.inject({
      kind: "status",
      status: 429,
      retryAfterSeconds: 0.4,
      path: PATH,
      skip: 4,
    });
    await stage.run();
    const entries = stage.control.journal();
    const refused = entries.findIndex(({ status }) => status === 429);
    const until = (entries[refused]?.time ?? 0) + 400;
    // Those that were under way already may come in after it.
    const later = entries.slice(refused + 4);
    expect(later.length).toBeGreaterThan(0);
    expect(later.filter(({ time }) => time < until)).toEqual([]);
  });

  test("for longer than the step ends it, and no later step begins before", async () => {
    await using stage = await startDirectStage(12);
    stage.control.inject({
      kind: "status",
      status: 503,
      retryAfterSeconds: 3_600,
      path: PATH,
      skip: 2,
    });
    const done = await stage.once();
    if (done.kind !== "running") throw new Error("it ended");
    expect(done.wakeAt).toBeGreaterThan(Date.now() + 3_500_000);
    const sent = stage.control.journal().length;
    expect(await stage.once()).toMatchObject({ kind: "running", wakeAt: done.wakeAt });
    expect(stage.control.journal()).toHaveLength(sent);
  });
});

describe("a run that is to stop", () => {
  test.each(["cancelled", "expired"] as const)(
    "when it is %s keeps the results it has",
    async (outcome) => {
      await using stage = await startDirectStage(200);
      stage.control.inject({ kind: "slow", milliseconds: 5, path: PATH, times: 1_000 });
      const stop = async () => (stage.control.journal().length > 40 ? outcome : null);
      const end = await stage.run({ run: { stop } });
      const rows = await stage.results();
      expect(end.outcome).toBe(outcome);
      expect(end.counts).toEqual({ total: 200, completed: rows.length, failed: 0 });
      expect(rows).toHaveLength(stage.control.journal().length);
      expect(rows.length).toBeLessThan(200);
      expect(await stage.keys()).toEqual(["results/part1/raw-output"]);
    },
  );

  test("before it began sends nothing", async () => {
    await using stage = await startDirectStage();
    const end = await stage.run({ run: { stop: async () => "cancelled" } });
    expect(end).toMatchObject({ outcome: "cancelled", output: null });
    expect(stage.control.journal()).toEqual([]);
    expect(await stage.keys()).toEqual([]);
  });

  test("waits only so long for calls that hang", async () => {
    await using stage = await startDirectStage();
    stage.control.inject({ kind: "slow", milliseconds: 600_000, path: PATH, times: 4 });
    const stop = async () => (stage.control.journal().length === 4 ? "cancelled" : null);
    const end = await stage.run({ run: { stop }, timing: { drainMilliseconds: 50 } });
    expect(end).toMatchObject({ outcome: "cancelled", counts: { completed: 0, failed: 0 } });
  });

  test("but has all its results is completed", async () => {
    await using stage = await startDirectStage(20);
    const stop = async () => (stage.control.journal().length === 20 ? "cancelled" : null);
    const end = await stage.run({ run: { stop } });
    expect(end).toMatchObject({ outcome: "completed", counts: { completed: 20 } });
  });
});
