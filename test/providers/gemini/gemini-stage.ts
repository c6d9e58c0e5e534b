import { z } from "zod";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { GeminiControl } from "../../../src/emulators/gemini/control.ts";
import type { GeminiLimits } from "../../../src/emulators/gemini/limits.ts";
import { startGeminiEmulator } from "../../../src/emulators/gemini/server.ts";
import {
  createGeminiProvider,
  type GeminiProviderOptions,
} from "../../../src/providers/gemini/gemini.ts";
import { access, createDeps, type TestDeps } from "../http-host.ts";
import type { ProviderStage } from "../provider.contract.ts";
import { checkRequests, ofJournal } from "./request-check.ts";

const KEY = "gemini-emulator-test-4711";
const WINDOW_MILLISECONDS = 48 * 3_600_000;
const CREATE = ":(batchGenerateContent|asyncBatchEmbedContent)$";

const row = z.looseObject({ key: z.string(), response: z.looseObject({}).optional() });

export interface GeminiStage extends ProviderStage {
  readonly emulator: Emulator<GeminiControl>;
  readonly deps: TestDeps;
}

/** The provider in front of the emulator, in which nothing moves by itself. */
export async function startGeminiStage(
  changes: {
    readonly provider?: Partial<GeminiProviderOptions>;
    readonly limits?: Partial<GeminiLimits>;
  } = {},
): Promise<GeminiStage> {
  const limits = changes.limits ?? {};
  const emulator = await startGeminiEmulator({ apiKeys: [KEY], speed: 0, limits });
  const { control } = emulator;
  const deps = createDeps({ now: control.now });
  const provider = createGeminiProvider(
    {
      name: "gemini",
      baseUrl: emulator.url,
      apiKey: KEY,
      passThrough: true,
      activation: { firstDelayMilliseconds: 1, maxDelayMilliseconds: 1 },
      ...changes.provider,
    },
    deps,
  );
  return {
    emulator,
    deps,
    provider,
    access: access({ key: KEY, account: "gemini/default" }),
    endpoint: "/v1/chat/completions",
    model: "gemini-2.5-flash",
    now: control.now,
    ends: { cancelled: "cancelled", expired: "expired" },
    readsUploads: false,
    // One malformed row, and the batch isn't made: there is no failed job.
    badInput: null,
    line: (customId) =>
      JSON.stringify({
        key: customId,
        request: { contents: [{ role: "user", parts: [{ text: "Say hello." }] }] },
      }),
    readResult(line) {
      const { key: customId, response } = row.parse(JSON.parse(line));
      return { customId, outcome: response === undefined ? "errored" : "succeeded" };
    },
    failLine: (number) => control.failLine(number, { status: 400 }),
    async finish() {
      for (const batch of control.batches()) await control.complete(batch.id);
    },
    async expire() {
      for (const batch of control.batches()) await control.advance(batch.id);
      control.advanceClock(WINDOW_MILLISECONDS + 1_000);
    },
    loseNextSubmit: () => control.inject({ kind: "lostReply", method: "POST", path: CREATE }),
    refuseNextSubmits: (status) =>
      control.inject({ kind: "status", status, method: "POST", path: CREATE, times: 3 }),
    cutNextResult: () => control.inject({ kind: "cutOff", path: ":download$" }),
    jobsMade: () => control.batches().length,
    async [Symbol.asyncDispose]() {
      const requests = control.journal().map(ofJournal);
      await deps[Symbol.asyncDispose]();
      await emulator.close();
      checkRequests(requests);
    },
  };
}
