import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { buffer, text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { JobRef } from "../../src/core/batch.ts";
import type { Access } from "../../src/core/client.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type {
  FileToSend,
  JobReport,
  Provider,
  Submission,
  Upstream,
} from "../../src/core/provider.ts";
import { failure } from "./http-host.ts";

interface ResultRow {
  readonly customId: string;
  readonly outcome: "succeeded" | "errored" | "canceled" | "expired";
}

/** A provider and an emulator of its upstream, whose jobs stand still until they are told to go on. */
export interface ProviderStage extends AsyncDisposable {
  readonly provider: Provider;
  readonly access: Access;
  readonly endpoint: string;
  readonly model: string;
  /** The upstream's clock. */
  readonly now: () => number;
  /** How a job ends in which every line was cancelled, or expired: a provider may know no such end. */
  readonly ends: { readonly cancelled: EndedAs; readonly expired: EndedAs };
  /**
   * What `find` goes by: the Part's token, or a guess at what the job looks like. A guess is never made where two jobs
   * look alike.
   */
  readonly proof: "token" | "guess";
  /** A custom id that begins with b, and has what else this provider's rule allows beside letters. */
  readonly oddId: string;
  /** False where an upload can be used but not fetched again. */
  readonly readsUploads?: false;
  /** Lines that make a whole job fail; null where the provider refuses line by line. */
  readonly badInput: string | null;
  /** The upstream as someone with this key sees it; left out where the key is that of the access. */
  connectWithKey?(key: string): Upstream;
  /** A request line that the upstream answers. */
  line(customId: string): string;
  readResult(line: string): ResultRow;
  /** Of the next job, the line with this number (from 1) fails. */
  failLine(number: number): void;
  /** Where a provider gives back only files that it made itself: makes it take this one for such. */
  makeReadable?(fileId: string): void;
  /** Brings all jobs to their ends. */
  finish(): Promise<void>;
  /** Lets more time pass than a job may take. */
  expire(): Promise<void>;
  /** The next job is made and its maker doesn't hear of it. */
  loseNextSubmit(): void;
  /** The next tries to make a job are answered with this status; nothing is made. */
  refuseNextSubmits(status: number): void;
  /** The next result is cut off in its middle. */
  cutNextResult(): void;
  jobsMade(): number | Promise<number>;
}

type EndedAs = Extract<JobReport, { kind: "ended" }>["outcome"];

const CLIENT_METADATA = { team: "research" };

/** What the engine relies on, whoever the provider is. */
export function describeProvider(name: string, start: () => Promise<ProviderStage>): void {
  describe(`the provider ${name}`, () => {
    describeJobs(start);
    describeDeletion(start);
    describeSubmission(start);
    describeFiles(start);
  });
}

function describeJobs(start: () => Promise<ProviderStage>): void {
  test("a job goes from submit over poll to collect, each line answered once", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a", stage.oddId, "c"]);
    const job = await upstream.submit(part, never());
    const before = await upstream.poll(job, never());
    expect(before).toMatchObject({ kind: "running" });
    expect(before.times.createdAt).toBeGreaterThan(stage.now() - 60_000);
    await stage.finish();
    const after = await upstream.poll(job, never());
    expect(after).toMatchObject({
      kind: "ended",
      outcome: "completed",
      counts: { total: 3, completed: 3, failed: 0 },
    });
    expect(await collect(stage, upstream, job)).toEqual([
      { customId: "a", outcome: "succeeded" },
      { customId: stage.oddId, outcome: "succeeded" },
      { customId: "c", outcome: "succeeded" },
    ]);
  });

  test("a line that fails fails alone, and is counted", async () => {
    await using stage = await start();
    stage.failLine(2);
    const { upstream, part } = await prepare(stage, ["a", "b", "c"]);
    const job = await upstream.submit(part, never());
    await stage.finish();
    expect(await upstream.poll(job, never())).toMatchObject({
      kind: "ended",
      outcome: "completed",
      counts: { total: 3, completed: 2, failed: 1 },
    });
    expect(await collect(stage, upstream, job)).toEqual([
      { customId: "a", outcome: "succeeded" },
      { customId: "b", outcome: "errored" },
      { customId: "c", outcome: "succeeded" },
    ]);
  });

  test("a cancelled job ends, and to cancel it again does no harm", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a", "b"]);
    const job = await upstream.submit(part, never());
    await upstream.cancel(job, never());
    await upstream.cancel(job, never());
    await stage.finish();
    await upstream.cancel(job, never());
    expect(await upstream.poll(job, never())).toMatchObject({
      kind: "ended",
      outcome: stage.ends.cancelled,
    });
    const rows = await collect(stage, upstream, job);
    expect(rows.filter((row) => row.outcome === "succeeded")).toEqual([]);
  });

  test("to cancel a job that is done is no error, and changes nothing", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a"]);
    const job = await upstream.submit(part, never());
    await stage.finish();
    await upstream.cancel(job, never());
    expect(await upstream.poll(job, never())).toMatchObject({ outcome: "completed" });
    expect(await collect(stage, upstream, job)).toHaveLength(1);
  });

  test("a job that takes too long expires", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a", "b"]);
    const job = await upstream.submit(part, never());
    await stage.expire();
    expect(await upstream.poll(job, never())).toMatchObject({
      kind: "ended",
      outcome: stage.ends.expired,
    });
    const rows = await collect(stage, upstream, job);
    expect(rows.filter((row) => row.outcome === "succeeded")).toEqual([]);
  });

  test("input that the provider refuses as a whole is a failed job that says why", async ({
    skip,
  }) => {
    await using stage = await start();
    if (stage.badInput === null) return skip("this provider refuses line by line");
    const { upstream, part } = await prepare(stage, [], stage.badInput);
    const job = await upstream.submit(part, never());
    await stage.finish();
    const report = await upstream.poll(job, never());
    expect(report).toMatchObject({ kind: "ended", outcome: "failed" });
    expect(report).toHaveProperty("errors.0.message", expect.stringMatching(/\S/));
    expect(await collect(stage, upstream, job)).toEqual([]);
  });

  test("results that are cut off are an error and no shorter results", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a", "b", "c"]);
    const job = await upstream.submit(part, never());
    await stage.finish();
    stage.cutNextResult();
    const error = await failure(collect(stage, upstream, job));
    expect(error.code).toBe("upstream_unavailable");
    expect(await collect(stage, upstream, job)).toHaveLength(3);
  });

  test("a job is in the provider's own list, as the client made it", async ({ skip }) => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a"]);
    if (upstream.jobs === undefined) return skip("this provider lists no jobs");
    const job = await upstream.submit(part, never());
    const { items } = await upstream.jobs.list({ after: null, limit: 10 }, never());
    expect(items.map((item) => item.job.id)).toEqual([job.id]);
    const one = await upstream.jobs.retrieve(job.id, never());
    expect(one).toEqual(items[0]);
    expect(one.createdAt).toBeGreaterThan(stage.now() - 60_000);
    expect(JSON.stringify(one)).not.toContain(part.token);
    expect([null, CLIENT_METADATA]).toContainEqual(one.metadata);
  });
}

function describeDeletion(start: () => Promise<ProviderStage>): void {
  test("a job that was deleted is gone, and deleting it again is no error", async ({ skip }) => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a"]);
    const { jobs } = upstream;
    if (jobs?.delete === undefined) return skip("this provider deletes no jobs");
    const job = await upstream.submit(part, never());
    await stage.finish();
    await jobs.delete(job, never());
    expect(await jobs.list({ after: null, limit: 10 }, never())).toMatchObject({ items: [] });
    expect((await failure(jobs.retrieve(job.id, never()))).code).toBe("upstream_not_found");
    await jobs.delete(job, never());
  });
}

function describeSubmission(start: () => Promise<ProviderStage>): void {
  test("a job whose maker didn't hear of it is found, and there is just that one", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a", "b"]);
    stage.loseNextSubmit();
    const error = await failure(upstream.submit(part, never()));
    expect(error.retryable).toBe(true);
    expect(error.details.notSent).not.toBe(true);
    const found = await upstream.find(part, never());
    if (found.kind !== "found") throw new Error(`it is ${found.kind}`);
    await stage.finish();
    expect(await upstream.poll(found.job, never())).toMatchObject({ outcome: "completed" });
    expect(await collect(stage, upstream, found.job)).toHaveLength(2);
    expect(await stage.jobsMade()).toBe(1);
  });

  test("of two Parts with the same lines, each finds its own job", async ({ skip }) => {
    await using stage = await start();
    if (stage.proof !== "token") return skip("this provider takes no token");
    const { upstream, part } = await prepare(stage, ["a"]);
    const other = { ...part, token: "part0002" };
    stage.loseNextSubmit();
    await failure(upstream.submit(part, never()));
    const otherJob = await upstream.submit(other, never());
    expect(await upstream.find(other, never())).toEqual({ kind: "found", job: otherJob });
    const found = await upstream.find(part, never());
    expect(found).toMatchObject({ kind: "found" });
    expect(found).not.toEqual({ kind: "found", job: otherJob });
  });

  test("of two jobs that look alike neither is guessed, unless one is known to be another's", async ({
    skip,
  }) => {
    await using stage = await start();
    if (stage.proof !== "guess") return skip("this provider takes a token");
    const { upstream, part } = await prepare(stage, ["a"]);
    stage.loseNextSubmit();
    await failure(upstream.submit(part, never()));
    const otherJob = await upstream.submit({ ...part, token: "part0002" }, never());
    expect(await upstream.find(part, never())).toEqual({ kind: "unknown" });
    const isTaken = async (id: string) => id === otherJob.id;
    const found = await upstream.find({ ...part, isTaken }, never());
    if (found.kind !== "found") throw new Error(`it is ${found.kind}`);
    expect(found.job).not.toEqual(otherJob);
    const allTaken = { ...part, isTaken: async () => true };
    expect(await upstream.find(allTaken, never())).toEqual({ kind: "absent" });
  });

  test.each([400, 429])(
    "after a refusal with %d there is no job, and that is certain",
    async (status) => {
      await using stage = await start();
      const { upstream, part } = await prepare(stage, ["a"]);
      stage.refuseNextSubmits(status);
      const error = await failure(upstream.submit(part, never()));
      expect(error.details).toMatchObject({ notSent: true, upstreamStatus: status });
      expect(error.retryable).toBe(status === 429);
      expect(await stage.jobsMade()).toBe(0);
      expect(await upstream.find(part, never())).toEqual({ kind: "absent" });
    },
  );

  test("a key that is refused is upstream_unauthorized, and is in no error", async () => {
    await using stage = await start();
    const { part } = await prepare(stage, ["a"]);
    const key = "sk-wrong-0123456789abcdef";
    const asClient = { ...stage.access, key, source: "client" } as const;
    const stranger = stage.connectWithKey?.(key) ?? stage.provider.connect(asClient, {});
    const error = await failure(stranger.submit(part, never()));
    expect(error.code).toBe("upstream_unauthorized");
    expect(error.message).toContain(stage.provider.name);
    expect(inspect(error, { depth: 9 })).not.toContain("0123456789");
    expect(await stage.jobsMade()).toBe(0);
  });

  test("whatever is aborted ends with the reason of the abort", async () => {
    await using stage = await start();
    const { upstream, part } = await prepare(stage, ["a"]);
    const job = await upstream.submit(part, never());
    const reason = new GatewayError("shutting_down", "Stopping.");
    const signal = AbortSignal.abort(reason);
    const calls = [
      upstream.submit({ ...part, token: "part0003" }, signal),
      upstream.find(part, signal),
      upstream.poll(job, signal),
      upstream.cancel(job, signal),
    ];
    for (const call of calls) expect(await failure(call)).toBe(reason);
    expect(await stage.jobsMade()).toBe(1);
  });
}

function describeFiles(start: () => Promise<ProviderStage>): void {
  test("a file is there as it went up, until it is deleted", async ({ skip }) => {
    await using stage = await start();
    const { files } = stage.provider.connect(stage.access, {});
    if (files === undefined) return skip("this provider keeps no files");
    const content = Buffer.from(`${stage.line("ü")}\n`.repeat(500));
    const sent = await files.upload(toFile(content), never());
    expect(sent).toMatchObject({ bytes: content.length, filename: "in.jsonl" });
    expect(sent.createdAt).toBeGreaterThan(stage.now() - 60_000);
    expect(await files.retrieve(sent.id, never())).toEqual(sent);
    await files.delete(sent.id, never());
    await files.delete(sent.id, never());
    const error = await failure(files.retrieve(sent.id, never()));
    expect(error.code).toBe("upstream_not_found");
  });

  test("a file comes back byte for byte, whole and in part", async ({ skip }) => {
    await using stage = await start();
    const { files } = stage.provider.connect(stage.access, {});
    if (files === undefined) return skip("this provider keeps no files");
    if (stage.readsUploads === false) return skip("this provider gives no uploads back");
    const content = Buffer.from(`${stage.line("ü")}\n`.repeat(500));
    const sent = await files.upload(toFile(content), never());
    stage.makeReadable?.(sent.id);
    expect(await buffer(await files.open(sent.id, never()))).toEqual(content);
    const range = { start: 5_001, end: 12_345 };
    expect(await buffer(await files.open(sent.id, never(), range))).toEqual(
      content.subarray(5_001, 12_346),
    );
  });

  test("files are listed newest first, page by page, each of them once", async ({ skip }) => {
    await using stage = await start();
    const { files } = stage.provider.connect(stage.access, {});
    if (files === undefined) return skip("this provider keeps no files");
    const ids: string[] = [];
    for (const line of ["a", "b", "c"]) {
      const { id } = await files.upload(toFile(Buffer.from(`${stage.line(line)}\n`)), never());
      ids.unshift(id);
    }
    const listed: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof files.list>> = await files.list(
        { after, limit: 2 },
        never(),
      );
      listed.push(...page.items.map((file) => file.id));
      after = page.next;
    } while (after !== null);
    expect(listed).toEqual(ids);
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function prepare(
  stage: ProviderStage,
  customIds: readonly string[],
  lines = customIds.map((id) => `${stage.line(id)}\n`).join(""),
): Promise<{ upstream: Upstream; part: Submission }> {
  const upstream = stage.provider.connect(stage.access, {});
  const file = toFile(Buffer.from(lines));
  const { takesInputFiles } = stage.provider;
  const uploaded = takesInputFiles ? await upstream.files?.upload(file, never()) : null;
  const part: Submission = {
    token: "part0001",
    endpoint: stage.endpoint,
    model: stage.model,
    variant: null,
    lines: lines.trimEnd().split("\n").length,
    bytes: file.bytes,
    open: (signal) => file.open(signal),
    inputNativeId: uploaded?.id ?? null,
    ownInput: false,
    completionWindow: "24h",
    metadata: CLIENT_METADATA,
    options: {},
    submittingAt: stage.now(),
  };
  return { upstream, part };
}

function toFile(content: Buffer): FileToSend {
  return {
    filename: "in.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: content.length,
    expiresAfterSeconds: null,
    async open(signal, range) {
      signal.throwIfAborted();
      const part = range === undefined ? content : content.subarray(range.start, range.end + 1);
      return Readable.from([part], { objectMode: false });
    },
  };
}

/** All rows of all parts, by custom id, each checked to be on a line of its own. */
async function collect(
  stage: ProviderStage,
  upstream: Upstream,
  job: JobRef,
): Promise<readonly ResultRow[]> {
  const rows: ResultRow[] = [];
  for await (const part of upstream.collect(job, never())) {
    // What isn't opened at once must still be there later.
    await pause(1);
    const lines = (await text(await part.open(never()))).split("\n");
    rows.push(...lines.filter((line) => line !== "").map((line) => stage.readResult(line)));
  }
  return rows.sort((one, other) => (one.customId < other.customId ? -1 : 1));
}
