import { Readable } from "node:stream";
import { z } from "zod";
import type { Submission } from "../../../src/core/provider.ts";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { GeminiControl } from "../../../src/emulators/gemini/control.ts";
import type { GeminiLimits } from "../../../src/emulators/gemini/limits.ts";
import { startGeminiEmulator } from "../../../src/emulators/gemini/server.ts";
import {
  createGeminiProvider,
  type GeminiProviderOptions,
} from "../../../src/providers/gemini/gemini.ts";
import { access, createDeps, never, type TestDeps } from "../http-host.ts";
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
    proof: "token",
    oddId: "b/ü",
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

export async function submissionOf(
  stage: GeminiStage,
  lines: readonly string[],
  changes: Partial<Submission> = {},
): Promise<Submission> {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const open = async () => Readable.from([content]);
  const sent = await stage.provider.connect(stage.access, {}).files?.upload(
    {
      filename: "in.jsonl",
      purpose: "batch",
      mimeType: "application/jsonl",
      bytes: content.length,
      expiresAfterSeconds: null,
      open,
    },
    never,
  );
  return {
    token: "part0001",
    endpoint: stage.endpoint,
    model: stage.model,
    variant: null,
    lines: lines.length,
    bytes: content.length,
    open,
    inputNativeId: sent?.id ?? null,
    ownInput: false,
    completionWindow: "24h",
    metadata: null,
    options: {},
    submittingAt: stage.now(),
    ...changes,
  };
}

/** A batch that has succeeded, and the file of its results. */
export async function jobOf(stage: GeminiStage, keys: readonly string[]) {
  const upstream = stage.provider.connect(stage.access, {});
  const lines = keys.map((key) => stage.line(key));
  const job = await upstream.submit(await submissionOf(stage, lines), never);
  await stage.finish();
  const report = await upstream.poll(job, never);
  if (report.kind !== "ended" || report.outputNativeId === null)
    throw new Error("it has no output");
  return { upstream, job, output: report.outputNativeId };
}
