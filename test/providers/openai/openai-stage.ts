import { expect } from "vitest";
import { z } from "zod";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { JournalEntry } from "../../../src/emulators/journal.ts";
import type { OpenAIControl } from "../../../src/emulators/openai/control.ts";
import type { OpenAILimits } from "../../../src/emulators/openai/limits.ts";
import { startOpenAIEmulator } from "../../../src/emulators/openai/server.ts";
import {
  createOpenAIProvider,
  type OpenAIProviderOptions,
} from "../../../src/providers/openai/openai.ts";
import { access, createDeps, type TestDeps } from "../http-host.ts";
import type { ProviderStage } from "../provider.contract.ts";
import { requestViolation, type SentRequest } from "./request-check.ts";

const KEY = "sk-emulator";
const WINDOW_MILLISECONDS = 86_400_000;

const row = z.looseObject({
  custom_id: z.string(),
  response: z.looseObject({ status_code: z.number() }).nullable(),
  error: z.looseObject({ code: z.string() }).nullable(),
});

export interface OpenAIStage extends ProviderStage {
  readonly emulator: Emulator<OpenAIControl>;
  readonly deps: TestDeps;
}

/** The provider in front of the emulator, in which nothing moves by itself. */
export async function startOpenAIStage(
  changes: {
    readonly provider?: Partial<OpenAIProviderOptions>;
    readonly limits?: Partial<OpenAILimits>;
  } = {},
): Promise<OpenAIStage> {
  const limits = changes.limits ?? {};
  const emulator = await startOpenAIEmulator({ apiKeys: [KEY], speed: 0, limits });
  const { control } = emulator;
  const deps = createDeps({ now: control.now });
  const provider = createOpenAIProvider(
    {
      name: "openai",
      baseUrl: emulator.url,
      apiKey: KEY,
      passThrough: true,
      files: true,
      batches: true,
      ...changes.provider,
    },
    deps,
  );
  return {
    emulator,
    deps,
    provider,
    access: access({ key: KEY }),
    endpoint: "/v1/chat/completions",
    model: "gpt-4o-mini",
    now: control.now,
    ends: { cancelled: "cancelled", expired: "expired" },
    proof: "token",
    oddId: "b/ü",
    badInput: "not json\n",
    line: (customId) =>
      JSON.stringify({
        custom_id: customId,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello." }] },
      }),
    readResult(line) {
      const { custom_id: customId, response, error } = row.parse(JSON.parse(line));
      if (error?.code === "batch_expired") return { customId, outcome: "expired" };
      if (error?.code === "batch_cancelled") return { customId, outcome: "canceled" };
      return { customId, outcome: response?.status_code === 200 ? "succeeded" : "errored" };
    },
    failLine: (number) => control.failLine(number, { status: 400 }),
    async finish() {
      for (const batch of control.batches()) await control.complete(batch.id);
    },
    async expire() {
      for (const batch of control.batches()) await control.advance(batch.id);
      control.advanceClock(WINDOW_MILLISECONDS + 1_000);
    },
    loseNextSubmit: () => control.inject({ kind: "lostReply", method: "POST", path: "/batches$" }),
    refuseNextSubmits: (status) =>
      control.inject({ kind: "status", status, method: "POST", path: "/batches$", times: 3 }),
    cutNextResult: () => control.inject({ kind: "cutOff", path: "/content$" }),
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

function toSentRequest({ method, path, query, headers, body }: JournalEntry): SentRequest {
  return {
    method,
    path: path.replace(/^\/v1/, ""),
    query,
    contentType: headers["content-type"],
    // Of forms the journal keeps nothing.
    body: body === null ? undefined : JSON.parse(body),
  };
}
