import { expect, test } from "vitest";
import { CallGate, type GateOptions, type Passage } from "../../../src/engine/direct/call-gate.ts";
import { DIRECT_TIMING } from "../../../src/engine/direct/context.ts";

const timing = { ...DIRECT_TIMING, firstDelayMilliseconds: 4, maxDelayMilliseconds: 20 };

function gateOf(changes: Partial<GateOptions> = {}): CallGate {
  return new CallGate({
    max: 8,
    concurrency: null,
    pausedUntil: 0,
    closesAt: Number.POSITIVE_INFINITY,
    timing,
    now: Date.now,
    random: () => 1,
    ...changes,
  });
}

async function enter(gate: CallGate, count: number): Promise<readonly Passage[]> {
  const passages = await Promise.all(Array.from({ length: count }, () => gate.enter()));
  return passages.filter((passage) => passage !== null);
}

test("one more call runs after each round that went well, up to the most", async () => {
  const gate = gateOf({ max: 6 });
  const seen: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const passages = await enter(gate, gate.learned.concurrency);
    for (const passage of passages) gate.leave(passage, { kind: "fine" });
    seen.push(gate.learned.concurrency);
  }
  expect(seen).toEqual([5, 6, 6, 6]);
});

test("a round that is refused halves them once, however many of its calls were", async () => {
  const gate = gateOf({ concurrency: 8 });
  const refused = { kind: "refused", retryAfterSeconds: null } as const;
  for (const passage of await enter(gate, 8)) gate.leave(passage, refused);
  expect(gate.learned.concurrency).toBe(4);
  for (const passage of await enter(gate, 4)) gate.leave(passage, refused);
  expect(gate.learned.concurrency).toBe(2);
  for (const passage of await enter(gate, 2)) gate.leave(passage, refused);
  for (const passage of await enter(gate, 1)) gate.leave(passage, refused);
  expect(gate.learned.concurrency).toBe(1);
});

test("what runs never exceeds what may, and who waits gets its turn", async () => {
  const gate = gateOf({ max: 3, concurrency: 3 });
  let running = 0;
  let most = 0;
  const call = async () => {
    const passage = await gate.enter();
    if (passage === null) return;
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    gate.leave(passage, { kind: "unclear" });
  };
  await Promise.all(Array.from({ length: 50 }, call));
  expect(most).toBe(3);
});

test("closed, it lets nobody in, and those who wait go", async () => {
  const gate = gateOf({ max: 1 });
  const [first] = await enter(gate, 1);
  const waiting = [gate.enter(), gate.enter()];
  const slept = gate.wait(600_000);
  gate.close();
  expect(await Promise.all(waiting)).toEqual([null, null]);
  await slept;
  expect(await gate.enter()).toBeNull();
  expect(first).toBeDefined();
});

test("a pause that outlasts the step closes it at once", async () => {
  const gate = gateOf({ pausedUntil: 2_000, closesAt: 1_000, now: () => 500 });
  expect(await gate.enter()).toBeNull();
  expect(gate.learned.pausedUntil).toBe(2_000);
});
