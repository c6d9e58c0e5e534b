import { describe } from "vitest";
import { canRun, createTestDatabase } from "../../support/postgres.ts";
import { createPostgresBed } from "./scheduler.bed.ts";
import { describeScheduler } from "./scheduler.contract.ts";

const probe = await createTestDatabase();
await probe?.drop();

describe.runIf(canRun(probe !== null, "the scheduler on PostgreSQL"))("on PostgreSQL", () => {
  describeScheduler("pg-boss", createPostgresBed);
});
