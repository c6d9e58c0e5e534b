import { expect, test, vi } from "vitest";
import { createScheduler, createSqliteBed, open } from "./scheduler.bed.ts";
import { describeScheduler, patience, untilQuiet } from "./scheduler.contract.ts";

const HOUR = 3_600_000;

describeScheduler("embedded", createSqliteBed);

test("a clock that jumps is noticed without a wake", async () => {
  await using bed = await createSqliteBed();
  let time = 1_000_000;
  const scheduler = await bed.createScheduler({ now: () => time });
  const handled: string[] = [];
  await scheduler.work(async (key) => void handled.push(key));
  await scheduler.wake("key", time + HOUR);
  time += HOUR - 1;
  expect(await scheduler.oldestDueSeconds()).toBe(0);
  time += 31_001;
  expect(await scheduler.oldestDueSeconds()).toBe(31);
  await vi.waitFor(() => expect(handled).toEqual(["key"]), patience);
});

test("wakes outlive the closing of the file", async () => {
  await using bed = await createSqliteBed();
  const connection = await open(bed.address);
  const before = await createScheduler(connection, bed.address, {});
  await before.wake("key", Date.now());
  await before.stop(0);
  await connection.close();

  const scheduler = await bed.createScheduler();
  const handled: string[] = [];
  await scheduler.work(async (key) => void handled.push(key));
  await untilQuiet(bed);
  expect(handled).toEqual(["key"]);
});

test("a wake that another process wrote is found", async () => {
  await using bed = await createSqliteBed();
  const scheduler = await bed.createScheduler();
  const handled: string[] = [];
  await scheduler.work(async (key) => void handled.push(key));
  const other = await open(bed.address);
  await (await createScheduler(other, bed.address, {})).wake("key", Date.now());
  await other.close();
  await vi.waitFor(() => expect(handled).toEqual(["key"]), patience);
});
