import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { noteTransfer } from "../../src/lib/buffer-pressure.ts";

const MIB = 1024 * 1024;

test("every 8 MiB that pass make the young generation collect, and nothing else", async () => {
  const kinds = await collections(() => pass(5 * 8));
  expect(kinds.young).toBeGreaterThanOrEqual(5);
  expect("gc" in globalThis).toBe(false);
});

test("Buffers that have grown old are collected, those in use once and not at every step", async () => {
  const inUse = new Set([Buffer.alloc(40 * MIB)]);
  const first = await collections(() => pass(8));
  expect(first.whole).toBeGreaterThanOrEqual(1);
  const later = await collections(() => pass(10 * 8));
  expect(later.whole).toBe(0);
  inUse.clear();
  inUse.add(Buffer.alloc(60 * MIB));
  const grown = await collections(() => pass(8));
  expect(grown.whole).toBeGreaterThanOrEqual(1);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(80 * MIB);
  expect(inUse.size).toBe(1);
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
