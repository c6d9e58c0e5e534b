import { execFile } from "node:child_process";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { noteTransfer } from "../../src/lib/buffer-pressure.ts";

const MIB = 1024 * 1024;

test("every 8 MiB that pass make the young generation collect, and nothing else", async () => {
  const kinds = await collections(() => pass(5 * 8));
  expect(kinds.young).toBeGreaterThanOrEqual(5);
  expect("gc" in globalThis).toBe(false);
});

/** V8 guesses once the young generation can't grow any more; then fifteen MiB or more became old in nineteen tries of twenty. */
const SMALLEST_YOUNG = ["--max-semi-space-size=1", "--min-semi-space-size=1"];

test.each([
  { work: "transfer", atLeast: 1, atMost: 75 },
  { work: "garbage", atLeast: 1, atMost: 16 },
  { work: "regrowth", atLeast: 15, atMost: 20 },
  { work: "young objects", atLeast: 0, atMost: 5 },
])("a process of its own keeps to its bounds under $work", async ({ work, atLeast, atMost }) => {
  const child = fileURLToPath(new URL("./buffer-pressure.process.ts", import.meta.url));
  const flags = work === "young objects" ? SMALLEST_YOUNG : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, child, work]);
  expect(Number(stdout)).toBeGreaterThanOrEqual(atLeast);
  expect(Number(stdout)).toBeLessThanOrEqual(atMost);
});

function pass(mib: number): void {
  for (let chunks = 0; chunks < mib; chunks += 1) noteTransfer(MIB);
}

async function collections(work: () => void): Promise<{ readonly young: number; whole: number }> {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if ("detail" in entry) kinds.push((entry.detail as { readonly kind: unknown }).kind);
  });
  observer.observe({ entryTypes: ["gc"] });
  work();
  await sleep(50);
  observer.disconnect();
  const count = (wanted: number) => kinds.filter((kind) => kind === wanted).length;
  return {
    young: count(constants.NODE_PERFORMANCE_GC_MINOR),
    whole: count(constants.NODE_PERFORMANCE_GC_MAJOR),
  };
}
