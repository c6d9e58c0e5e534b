import { parseArgs } from "node:util";
import { runChaos } from "./chaos.ts";
import type { Mode } from "./fleet.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    mode: { type: "string", default: "both" },
  },
});
const modes: readonly Mode[] = (["embedded", "replicas"] as const).filter(
  (mode) => values.mode === "both" || values.mode === mode,
);
if (modes.length === 0) throw new Error("--mode is embedded, replicas or both");
for (const mode of modes) {
  const report = await runChaos({ mode, kills: Number(values.kills), seed: Number(values.seed) });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.wrong.length > 0) process.exitCode = 1;
}
