import { expect } from "vitest";
import { z } from "zod";
import type { BedrockControl } from "../../../src/emulators/bedrock/control.ts";
import type { BedrockLimits } from "../../../src/emulators/bedrock/limits.ts";
import { startBedrockEmulator } from "../../../src/emulators/bedrock/server.ts";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import {
  type BedrockProviderOptions,
  createBedrockProvider,
} from "../../../src/providers/bedrock/bedrock.ts";
import { S3_CREDENTIALS, startTestS3 } from "../../support/s3.ts";
import { access, createDeps, type TestDeps } from "../http-host.ts";
import type { ProviderStage } from "../provider.contract.ts";
import { bedrockOptions, ROLE } from "./aws-stage.ts";
import { requestViolation } from "./request-check.ts";

const WINDOW_MILLISECONDS = 86_400_000;
const CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0";

const row = z.looseObject({
  recordId: z.string(),
  modelOutput: z.looseObject({}).optional(),
  error: z.looseObject({ errorCode: z.number() }).optional(),
});

export interface BedrockStage extends ProviderStage {
  readonly emulator: Emulator<BedrockControl>;
  readonly s3: Emulator<S3Control>;
  readonly deps: TestDeps;
}

/** The provider in front of the emulators of Bedrock and of S3, in which nothing moves by itself. */
export async function startBedrockStage(
  changes: {
    readonly provider?: Partial<BedrockProviderOptions>;
    readonly limits?: Partial<BedrockLimits>;
  } = {},
): Promise<BedrockStage> {
  const { emulator: s3 } = await startTestS3();
  const emulator = await startBedrockEmulator({
    s3,
    credentials: S3_CREDENTIALS,
    roles: [ROLE],
    speed: 0,
    limits: { recordsPerJobAtLeast: 1, ...changes.limits },
  });
  const { control } = emulator;
  const deps = createDeps({ now: control.now });
  const options = { ...bedrockOptions(s3.url, emulator.url), ...changes.provider };
  const provider = createBedrockProvider(options, deps);
  const opened = [provider];
  const createJob = { method: "POST", path: "/model-invocation-job$" } as const;
  return {
    emulator,
    s3,
    deps,
    provider,
    access: access({ account: "bedrock/default", key: null }),
    endpoint: "/v1/chat/completions",
    model: CLAUDE,
    now: control.now,
    ends: { cancelled: "cancelled", expired: "expired" },
    proof: "token",
    oddId: "b/ü",
    badInput: "not json\n",
    connectWithKey(key) {
      const credentials = { ...S3_CREDENTIALS, secretAccessKey: key };
      const stranger = { ...options, s3: { ...options.s3, credentials } };
      const other = createBedrockProvider(stranger, deps);
      opened.push(other);
      return other.connect(access({ key: null }), {});
    },
    line: (customId) =>
      JSON.stringify({
        recordId: customId,
        modelInput: {
          anthropic_version: "bedrock-2023-05-31",
          max_tokens: 100,
          messages: [{ role: "user", content: "Say hello." }],
        },
      }),
    readResult(line) {
      const { recordId: customId, modelOutput } = row.parse(JSON.parse(line));
      return { customId, outcome: modelOutput === undefined ? "errored" : "succeeded" };
    },
    failLine: (number) => control.failLine(number, { status: 400 }),
    async finish() {
      for (const batch of control.batches()) await control.complete(batch.id);
    },
    async expire() {
      control.advanceClock(WINDOW_MILLISECONDS + 1_000);
    },
    loseNextSubmit: () => control.inject({ kind: "lostReply", ...createJob }),
    refuseNextSubmits: (status) =>
      control.inject({ kind: "status", status, ...createJob, times: 3 }),
    cutNextResult: () => s3.control.inject({ kind: "cutOff", method: "GET", path: "jsonl.out$" }),
    jobsMade: () => control.batches().length,
    async [Symbol.asyncDispose]() {
      const journal = control.journal();
      expect(journal.map(requestViolation).filter((violation) => violation !== null)).toEqual([]);
      expect(journal.length + s3.control.journal().length).toBeGreaterThan(0);
      for (const each of opened) await each.close();
      await deps[Symbol.asyncDispose]();
      await emulator.close();
      await s3.close();
    },
  };
}
