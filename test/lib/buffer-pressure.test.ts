import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { noteTransfer } from "../../src/lib/buffer-pressure.ts";

test("every 16 MiB that pass make the young generation collect, and nothing else", async () => {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if ("detail" in entry) kinds.push((entry.detail as { readonly kind: unknown }).kind);
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let chunks = 0; chunks < 5 * 16; chunks += 1) noteTransfer(1024 * 1024);
  await sleep(50);
  observer.disconnect();
  expect(
    kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length,
  ).toBeGreaterThanOrEqual(5);
  expect("gc" in globalThis).toBe(false);
});
