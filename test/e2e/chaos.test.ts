import { expect, test } from "vitest";
import { runChaos } from "../chaos/chaos.ts";
import { canRun, isServerReachable } from "../support/postgres.ts";

const KILLS = Number(process.env["CROSSBATCH_TEST_KILLS"] ?? 20);
const hasPostgres = canRun(await isServerReachable(), "the chaos of replicas on PostgreSQL");

test.each([
  { mode: "embedded", isRun: true },
  { mode: "replicas", isRun: hasPostgres },
] as const)(
  `${KILLS} kills of $mode gateways lose nothing, double nothing and leave nothing behind`,
  async ({ mode, isRun }) => {
    if (!isRun) return;
    const seed = Date.now() % 1_000_000;
    const report = await runChaos({ mode, kills: KILLS, seed, clients: 4 });
    expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
    expect(report.batches).toBeGreaterThan(0);
  },
  900_000,
);
