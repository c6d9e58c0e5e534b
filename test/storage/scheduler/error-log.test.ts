import { expect, test } from "vitest";
import { createErrorLog } from "../../../src/storage/scheduler/error-log.ts";
import { silentLog } from "./scheduler.bed.ts";

test("says the first error at once, then one in ten seconds and how many there were", () => {
  const said: object[] = [];
  let time = 0;
  const log = { ...silentLog, error: (fields: object) => void said.push(fields) };
  const errors = createErrorLog(log, () => time);
  for (; time < 25_000; time += 100) errors.report("away", "the database is away");
  expect(said).toEqual([
    { err: "away", times: 1 },
    { err: "away", times: 100 },
    { err: "away", times: 100 },
  ]);
});
