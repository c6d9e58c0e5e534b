import { expect } from "vitest";
import { z } from "zod";
import type { AnthropicControl } from "../../../src/emulators/anthropic/control.ts";
import type { AnthropicLimits } from "../../../src/emulators/anthropic/limits.ts";
import { startAnthropicEmulator } from "../../../src/emulators/anthropic/server.ts";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { JournalEntry } from "../../../src/emulators/journal.ts";
import { createAnthropicProvider } from "../../../src/providers/anthropic/anthropic.ts";
import { access, createDeps, type TestDeps } from "../http-host.ts";
import type { ProviderStage } from "../provider.contract.ts";
import { requestViolation, type SentRequest } from "./request-check.ts";

const KEY = "sk-ant-emulator";
const WINDOW_MILLISECONDS = 86_400_000;
const MODEL = "claude-haiku-4-5";

const row = z.looseObject({
  custom_id: z.string(),
  result: z.looseObject({ type: z.enum(["succeeded", "errored", "canceled", "expired"]) }),
});

export interface AnthropicStage extends ProviderStage {
  readonly emulator: Emulator<AnthropicControl>;
  readonly deps: TestDeps;
}

/** The provider in front of the emulator, in which nothing moves by itself. */
export async function startAnthropicStage(
  limits: Partial<AnthropicLimits> = {},
): Promise<AnthropicStage> {
  const emulator = await startAnthropicEmulator({ apiKeys: [KEY], speed: 0, limits });
  const { control } = emulator;
  const deps = createDeps({ now: control.now });
  const provider = createAnthropicProvider(
    { name: "anthropic", baseUrl: emulator.url, apiKey: KEY, passThrough: true },
    deps,
  );
  const create = { method: "POST", path: "/batches$" } as const;
  return {
    emulator,
    deps,
    provider,
    access: access({ account: "anthropic/default", key: KEY }),
    endpoint: "/v1/messages",
    model: MODEL,
    now: control.now,
    ends: { cancelled: "cancelled", expired: "expired" },
    proof: "guess",
    oddId: "b_-Z",
    badInput: null,
    line: (customId) => JSON.stringify({ custom_id: customId, params: messageOf("Say hello.") }),
    readResult(line) {
      const { custom_id: customId, result } = row.parse(JSON.parse(line));
      return { customId, outcome: result.type };
    },
    failLine: (number) => control.failLine(number, { status: 400 }),
    makeReadable: control.makeDownloadable,
    async finish() {
      for (const batch of control.batches()) await control.complete(batch.id);
    },
    expire: async () => control.advanceClock(WINDOW_MILLISECONDS + 1_000),
    loseNextSubmit: () => control.inject({ kind: "lostReply", ...create }),
    refuseNextSubmits: (status) => control.inject({ kind: "status", status, ...create, times: 3 }),
    cutNextResult: () => control.inject({ kind: "cutOff", path: "/results$" }),
    jobsMade: () => control.batches().length,
    async [Symbol.asyncDispose]() {
      const requests = control.journal().map(toSentRequest);
      expect(requests).not.toEqual([]);
      expect(requests.map(requestViolation).filter((violation) => violation !== null)).toEqual([]);
      await deps[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
}

export function messageOf(content: string) {
  return { model: MODEL, max_tokens: 64, messages: [{ role: "user", content }] };
}

function toSentRequest({ method, path, query, headers, body }: JournalEntry): SentRequest {
  // Of forms and of large bodies the journal keeps nothing.
  return { method, path, query, headers, body: body === null ? undefined : JSON.parse(body) };
}
