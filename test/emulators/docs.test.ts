import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { startAnthropicEmulator } from "../../src/emulators/anthropic/server.ts";
import { startBedrockEmulator } from "../../src/emulators/bedrock/server.ts";
import { sendCommand } from "../../src/emulators/control-routes.ts";
import type { Fault } from "../../src/emulators/faults.ts";
import { faultSchema } from "../../src/emulators/faults.ts";
import { startGeminiEmulator } from "../../src/emulators/gemini/server.ts";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { startS3Emulator } from "../../src/emulators/s3/server.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../docs/emulators.md"), "utf8");

/** The methods in the tables up to the faults, those of other emulators left out. */
function documented(name: string): string[] {
  const [control = ""] = PAGE.split("A **fault** is one of these");
  const [shared = "", ...own] = control.split(/^The (?=\w+ emulator also has:)/m);
  const [every = "", ofBatches = ""] = shared.split("Emulators with batches");
  const table = own.find((section) => section.startsWith(`${name} emulator`)) ?? "";
  return [...(every + (name === "S3" ? "" : ofBatches) + table).matchAll(/^\| `(\w+)\(/gm)].map(
    (match) => match[1] ?? "",
  );
}

test.each([
  ["OpenAI", startOpenAIEmulator],
  ["Anthropic", startAnthropicEmulator],
  ["Gemini", startGeminiEmulator],
  ["S3", () => startS3Emulator({ buckets: ["bucket"] })],
  ["Bedrock", () => startBedrockEmulator({ s3: "http://127.0.0.1:9" })],
])("the page lists exactly the methods of the %s emulator's control", async (name, start) => {
  await using emulator = await start();
  const refusal = await sendCommand(emulator.controlUrl, "none").catch(String);
  const listed = String(refusal).split("there are ")[1]?.split(", ") ?? [];
  expect(listed.length).toBeGreaterThan(10);
  expect(documented(name).toSorted()).toEqual(listed.toSorted());
});

const FAULTS = [
  { kind: "status", status: 500 },
  { kind: "reset" },
  { kind: "lostReply" },
  { kind: "slow", milliseconds: 1 },
  { kind: "cutOff" },
  { kind: "malformed" },
] as const satisfies readonly Fault[];

test("the page lists every kind of fault, and the control takes each", async () => {
  const rows = PAGE.split("A **fault** is one of these")[1]?.split("## OpenAI")[0] ?? "";
  const kinds: readonly string[] = FAULTS.map((fault) => fault.kind);
  expect([...rows.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1])).toEqual([
    "kind",
    ...kinds,
  ]);
  const known: readonly string[] = faultSchema.options.map((option) => option.shape.kind.value);
  expect(kinds).toEqual(known);
  await using emulator = await startOpenAIEmulator();
  for (const fault of FAULTS) {
    expect(await sendCommand(emulator.controlUrl, "inject", fault)).toBeNull();
  }
});
