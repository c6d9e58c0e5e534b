import { describe, expect, test } from "vitest";
import { runChaos } from "../chaos/chaos.ts";
import { canRun, isServerReachable } from "../support/postgres.ts";

const KILLS = Number(process.env["CROSSBATCH_TEST_KILLS"] ?? 20);
const hasPostgres = canRun(await isServerReachable(), "the chaos of replicas on PostgreSQL");

describe.each([
  { mode: "embedded", canBeRun: true },
  { mode: "replicas", canBeRun: hasPostgres },
] as const)("$mode gateways", ({ mode, canBeRun }) => {
  test.skipIf(!canBeRun)(
    `killed ${KILLS} times lose nothing, double nothing and leave nothing behind`,
    async () => {
      const seed = Date.now() % 1_000_000;
      const report = await runChaos({ mode, kills: KILLS, seed, clients: 4 });
      expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
      expect(report.batches).toBeGreaterThan(0);
    },
    900_000,
  );
});
