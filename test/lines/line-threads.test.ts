import type { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { translateInThread } from "../../src/lines/line-threads.ts";
import { type LineWork, type MadeItem, translateLines } from "../../src/lines/translate-lines.ts";

const never = new AbortController().signal;

const WORK: LineWork = {
  map: {
    from: { format: "openai", endpoint: "chat", model: null, variant: null },
    to: { format: "anthropic", endpoint: "chat", model: null, variant: null, betas: [] },
    mode: "warn",
    hasMixedLines: true,
    modelPrefix: "anthropic",
  },
  format: "anthropic",
  mode: "warn",
  maxLineBytes: 1024 * 1024,
};

/** Ids that Anthropic forbids, lines that can't be said, lines that are none, and texts of every length. */
function* lines(count: number): Generator<string> {
  for (let number = 1; number <= count; number += 1) {
    const content = number % 50 === 0 ? [{ type: "unheard_of" }] : `${"é".repeat(number % 900)}?`;
    const custom_id = number % 3 === 0 ? `an id: ${number}` : `line-of-${number}`;
    const body = {
      model: "anthropic/claude-haiku-4-5",
      messages: [{ role: "user", content }],
    };
    yield number % 97 === 0
      ? "{no line\n"
      : `${JSON.stringify({ custom_id, method: "POST", url: "/v1/chat/completions", body })}\n`;
  }
}

async function* chunksOf(text: string, bytes = 100_000): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes)
    yield await Promise.resolve(all.subarray(at, at + bytes));
}

async function collect(items: AsyncIterable<MadeItem>) {
  const made = { sent: [] as Uint8Array[], failed: [] as Uint8Array[], ids: [] as Uint8Array[] };
  const kinds: string[] = [];
  let sentLines = 0;
  let failedLines = 0;
  let end: MadeItem | null = null;
  for await (const item of items) {
    if (kinds.at(-1) !== item.kind) kinds.push(item.kind);
    if (item.kind === "end") end = item;
    else if (item.kind === "ids") made.ids.push(item.bytes);
    else {
      made.sent.push(item.sent);
      made.failed.push(item.failed);
      sentLines += item.sentLines;
      failedLines += item.failedLines;
    }
  }
  const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
  const { sent, failed, ids } = made;
  return {
    kinds,
    sent: text(sent),
    failed: text(failed),
    ids: text(ids),
    sentLines,
    failedLines,
    end,
  };
}

describe("a thread makes of lines what is made here", () => {
  const isWhole = (line: string) => !line.startsWith("{no");
  const all = [...lines(12_000)];

  async function both(kept: readonly string[], mode: "warn" | "strict") {
    const work = { ...WORK, mode, map: WORK.map === null ? null : { ...WORK.map, mode } };
    const chunks = () => chunksOf(kept.join(""));
    const here = await collect(translateLines(chunks(), work, { signal: never }));
    const there = await collect(translateInThread(chunks(), work, never));
    expect(there).toEqual(here);
    return there;
  }

  test("and says which can't be sent", async () => {
    const whole = all.filter(isWhole);
    const made = await both(whole, "warn");
    expect(made.kinds).toEqual(["lines", "ids", "end"]);
    expect(made.sent.length).toBeGreaterThan(4_000_000);
    expect(made.sentLines).toBe(made.sent.split("\n").length - 1);
    expect(made.failedLines).toBe(whole.filter((line) => line.includes("unheard_of")).length);
    expect(made.ids.split("\n").length).toBeGreaterThan(3_000);
  });

  test.each([
    { what: "what is wrong with them", kept: all.filter(isWhole), mode: "strict" },
    { what: "where too much is wrong", kept: all, mode: "warn" },
  ] as const)("and says $what", async ({ kept, mode }) => {
    const made = await both(kept, mode);
    expect(made.end).toMatchObject({ errors: { length: 100 } });
    expect(made.kinds).not.toContain("ids");
  });
});

test("several translations at once don't mix", async () => {
  const texts = ["a", "b", "c", "d"].map((name) =>
    [...lines(2_000)]
      .filter((line) => !line.startsWith("{no"))
      .join("")
      .replaceAll("line-of-", `${name}-`),
  );
  const here = await Promise.all(
    texts.map((text) => collect(translateLines(chunksOf(text), WORK, { signal: never }))),
  );
  const there = await Promise.all(
    texts.map((text) => collect(translateInThread(chunksOf(text, 9_999), WORK, never))),
  );
  expect(there).toEqual(here);
});

test("what goes wrong with the input is thrown as it was", async () => {
  const failure = Object.assign(new Error("the store is gone"), { code: "storage_unavailable" });
  async function* broken() {
    yield* chunksOf([...lines(90)].join(""));
    throw failure;
  }
  await expect(collect(translateInThread(broken(), WORK, never))).rejects.toBe(failure);
});

test("an abort lets go of the input, and the thread goes on with others", async () => {
  const controller = new AbortController();
  let isReleased = false;
  async function* endless() {
    try {
      for (;;) yield* chunksOf([...lines(90)].join(""));
    } finally {
      isReleased = true;
    }
  }
  const reading = (async () => {
    for await (const item of translateInThread(endless(), WORK, controller.signal)) {
      if (item.kind === "lines") controller.abort(new Error("given up"));
    }
  })();
  await expect(reading).rejects.toThrow("given up");
  await expect.poll(() => isReleased).toBe(true);
  const next = await collect(translateInThread(chunksOf([...lines(90)].join("")), WORK, never));
  expect(next.end).toMatchObject({ kind: "end" });
});

test("a thread that has nothing to do ends, and the next lines get another", async () => {
  const started: Worker[] = [];
  const ended: Worker[] = [];
  process.on("worker", (worker: Worker) => {
    started.push(worker);
    worker.once("exit", () => ended.push(worker));
  });
  const text = [...lines(90)].join("");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  vi.resetModules();
  const fresh = await import("../../src/lines/line-threads.ts");
  await collect(fresh.translateInThread(chunksOf(text), WORK, never));
  await vi.advanceTimersByTimeAsync(1_900);
  await collect(fresh.translateInThread(chunksOf(text), WORK, never));
  await vi.advanceTimersByTimeAsync(1_900);
  expect(started).toHaveLength(1);
  expect(ended).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(200);
  vi.useRealTimers();
  await expect.poll(() => ended.length).toBe(1);
  await collect(fresh.translateInThread(chunksOf(text), WORK, never));
  expect(started).toHaveLength(2);
});

test.each([
  { what: "is ended", kill: (worker: Worker) => void worker.terminate(), told: "gone" },
  {
    what: "fails",
    // It can't take this apart.
    kill: (worker: Worker) => worker.postMessage(null, []),
    told: "Cannot destructure",
  },
])("a thread that $what fails its lines and no others, and says why", async ({ kill, told }) => {
  vi.resetModules();
  const fresh = await import("../../src/lines/line-threads.ts");
  process.once("worker", (worker: Worker) => {
    worker.once("online", () => kill(worker));
  });
  async function* endless() {
    for (;;) yield* chunksOf([...lines(90)].join(""));
  }
  await expect(collect(fresh.translateInThread(endless(), WORK, never))).rejects.toThrow(told);
  const next = await collect(
    fresh.translateInThread(chunksOf([...lines(90)].join("")), WORK, never),
  );
  expect(next.end).toMatchObject({ kind: "end" });
});
