import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import type { Counts } from "../../../src/core/batch.ts";
import type { BlobStore } from "../../../src/core/blobs.ts";
import type { SynchronousCalls } from "../../../src/core/provider.ts";
import type { OpenAIControl } from "../../../src/emulators/openai/control.ts";
import { startOpenAIEmulator } from "../../../src/emulators/openai/server.ts";
import type {
  DirectContext,
  DirectProgress,
  DirectRun,
  DirectTiming,
} from "../../../src/engine/direct/context.ts";
import { runDirectly } from "../../../src/engine/direct/direct.ts";
import { formats } from "../../../src/formats/formats.ts";
import { createOpenAIProvider } from "../../../src/providers/openai/openai.ts";
import { createDiskBlobs } from "../../../src/storage/blobs/disk.ts";
import { access, createDeps } from "../../providers/http-host.ts";
import { chatLines } from "../../support/batches.ts";

const never = new AbortController().signal;

const FAST: DirectTiming = {
  stepMilliseconds: 20_000,
  tickMilliseconds: 10,
  gatherMilliseconds: 5,
  drainMilliseconds: 5_000,
  savingMilliseconds: 2_000,
  attempts: 4,
  firstDelayMilliseconds: 5,
  maxDelayMilliseconds: 20,
};

export interface Once {
  readonly input?: string;
  readonly blobs?: BlobStore;
  readonly calls?: SynchronousCalls;
  readonly timing?: Partial<DirectTiming>;
  readonly run?: Partial<DirectRun>;
  readonly signal?: AbortSignal;
}

export interface DirectStage extends AsyncDisposable {
  readonly control: OpenAIControl;
  readonly blobs: BlobStore;
  readonly calls: SynchronousCalls;
  /** The most calls that were under way at once. */
  readonly mostAtOnce: () => number;
  readonly progress: readonly Counts[];
  /** One step. */
  once(options?: Once): Promise<DirectProgress>;
  /** Steps until the run has ended. */
  run(options?: Once): Promise<EndedRun>;
  results(): Promise<readonly ResultRow[]>;
  keys(): Promise<readonly string[]>;
}

type EndedRun = DirectProgress & { readonly kind: "ended" };

const resultRow = z.looseObject({
  custom_id: z.string().nullable(),
  response: z
    .looseObject({ status_code: z.number(), body: z.record(z.string(), z.unknown()) })
    .nullable(),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
});
export type ResultRow = z.infer<typeof resultRow>;

/** The runner over real sockets and a real disk; `lines` chat requests `line-1`, … unless a test brings its own. */
export async function startDirectStage(lines = 30, concurrency = 4): Promise<DirectStage> {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-direct-"));
  const blobs = await createDiskBlobs({ directory });
  const emulator = await startOpenAIEmulator({ apiKeys: ["sk-emulator"] });
  const deps = createDeps();
  const provider = createOpenAIProvider(
    {
      name: "host",
      baseUrl: emulator.url,
      apiKey: "sk-emulator",
      passThrough: false,
      files: false,
      batches: false,
    },
    deps,
  );
  const upstream = provider.connect(access({ key: "sk-emulator" }), {});
  if (upstream.calls === undefined) throw new Error("the provider has no calls");
  const watched = watchCalls(upstream.calls);
  const progress: Counts[] = [];
  let ids = 0;

  const contextOf = (options: Once): DirectContext => ({
    blobs: options.blobs ?? blobs,
    log: deps.log,
    now: Date.now,
    newId: () => `step${(ids += 1)}`,
    random: () => 0.5,
    settings: {
      maxLineBytes: 10_000,
      directConcurrency: concurrency,
      directTiming: { ...FAST, ...options.timing },
    },
  });
  const runOf = (options: Once): DirectRun => {
    const input = Buffer.from(options.input ?? `${chatLines(lines)}\n`);
    return {
      partId: "part1",
      endpoint: "/v1/chat/completions",
      model: null,
      variant: null,
      format: formats.openai,
      lines: input
        .toString("latin1")
        .split("\n")
        .filter((line) => line.trim() !== "").length,
      input: {
        bytes: input.length,
        open: async (_, { start, end }) => Readable.from(chunksOf(input.subarray(start, end + 1))),
      },
      calls: options.calls ?? watched.calls,
      stop: async () => null,
      onProgress: async (counts) => void progress.push(counts),
      ...options.run,
    };
  };
  const once = async (options: Once = {}) =>
    runDirectly(contextOf(options), runOf(options), options.signal ?? never);

  return {
    control: emulator.control,
    blobs,
    calls: watched.calls,
    mostAtOnce: watched.most,
    progress,
    once,
    async run(options) {
      for (;;) {
        const done = await once(options);
        if (done.kind === "ended") return done;
      }
    },
    async results() {
      const text = (await buffer(await blobs.open("results/part1/raw-output", never))).toString();
      return text
        .slice(0, -1)
        .split("\n")
        .map((line) => resultRow.parse(JSON.parse(line)));
    },
    async keys() {
      const keys: string[] = [];
      for await (const { key } of blobs.list("results/", never)) keys.push(key);
      return keys;
    },
    async [Symbol.asyncDispose]() {
      await deps[Symbol.asyncDispose]();
      await emulator.close();
      await blobs.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Small ones, so that lines and even characters lie across them. */
function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; start += 1_000) {
    yield content.subarray(start, start + 1_000);
  }
}

function watchCalls(calls: SynchronousCalls) {
  let running = 0;
  let most = 0;
  const watched: SynchronousCalls = {
    ...calls,
    async send(request, signal) {
      running += 1;
      most = Math.max(most, running);
      try {
        return await calls.send(request, signal);
      } finally {
        running -= 1;
      }
    },
  };
  return { calls: watched, most: () => most };
}

export function idsOf(rows: readonly ResultRow[]): readonly string[] {
  return rows.map(({ custom_id: id }) => id ?? "").toSorted(byNumber);
}

export function lineIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `line-${index + 1}`);
}

function byNumber(one: string, other: string): number {
  return Number(one.replace("line-", "")) - Number(other.replace("line-", ""));
}
