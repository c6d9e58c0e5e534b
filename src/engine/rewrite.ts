import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { Batch, Part, RawResult, Usage } from "../core/batch.ts";
import type { StoredBlob } from "../core/blobs.ts";
import type { LineOutcome } from "../core/lines.ts";
import type { LineMap } from "../core/translation.ts";
import { formats } from "../formats/formats.ts";
import { LineOutput } from "../formats/line-output.ts";
import { type MappedResults, translateResults } from "../formats/translate-results.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { sameResults } from "../lines/identity-map.ts";
import { createLineGlance } from "../lines/line-glance.ts";
import { LinePlaces } from "../lines/line-places.ts";
import type { LineIndex } from "../lines/line-index.ts";
import { knownResult, preparedOf } from "../lines/prepared-record.ts";
import { ResultScan } from "../lines/result-scan.ts";
import { toOpenAI } from "./collect.ts";
import type { EngineContext } from "./context.ts";
import { knownInput } from "./input.ts";
import { inOrder } from "./in-order.ts";
import type { ResultFile, ResultWork, WrittenResults } from "./results.ts";
import { GIVEN_UP, isGivenUp } from "./uncertain.ts";

interface RewriteWork extends ResultWork {
  /** Null: the input's bytes never were here, so nothing can be held against it. */
  readonly index: LineIndex | null;
}

/** Writes both result files in one pass over everything raw, and says of what was missing why it isn't there; then in the input's order. */
export async function rewriteResults(
  context: EngineContext,
  work: RewriteWork,
  signal: AbortSignal,
): Promise<WrittenResults> {
  const tally = new Tally(work, context.settings.maxLineBytes);
  // A process that lost its turn, and writes all the same, overwrites nothing.
  const pass = context.newId(context.now());
  const key = (role: string) => `results/${work.batch.id}/${role}-${pass}`;
  const errors = new PassThrough({ highWaterMark: 1024 * 1024 });
  const errorsStored = context.blobs.put(key("error"), errors, signal);
  // Whoever writes next hears of it.
  errorsStored.catch((error: unknown) => {
    errors.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  errors.on("error", () => undefined);
  let outputStored: StoredBlob;
  try {
    const output = outputOf(
      allResults(context, { ...work, tally }, signal),
      { errors, tally },
      signal,
    );
    outputStored = await context.blobs.put(key("output"), output, signal);
  } catch (error) {
    errors.destroy(new Error("the results could not be written"));
    await errorsStored.catch(() => undefined);
    throw error;
  }
  errors.end();
  const stored = { output: outputStored, error: await errorsStored };
  const files: ResultFile[] = [];
  for (const role of ["output", "error"] as const) {
    const lines = role === "output" ? tally.succeeded : tally.failed;
    const blob = key(role);
    if (lines === 0) await context.blobs.delete(blob, signal);
    else {
      const places = tally.places[role];
      const ordered = await inOrder(context.blobs, { blob, stored: stored[role], places }, signal);
      files.push({ role, ...ordered, lines, nativeId: null });
    }
  }
  return { files, usage: tally.usage, endings: tally.endings, isClean: tally.isClean };
}

/** Lines that succeeded go on; the others are written beside them, with the back-pressure of both. */
async function* outputOf(
  results: AsyncIterable<MappedResults>,
  { errors, tally }: { readonly errors: PassThrough; readonly tally: Tally },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const { output, error } of results) {
    tally.places.output.written(output);
    tally.places.error.written(error);
    if (error.length > 0 && !errors.write(error)) await once(errors, "drain", { signal });
    if (output.length > 0) yield output;
  }
}

type Sources = RewriteWork & { readonly tally: Tally };

async function* allResults(
  context: EngineContext,
  work: Sources,
  signal: AbortSignal,
): AsyncGenerator<MappedResults> {
  const { batch, parts, provider, tally } = work;
  const translate = async (raw: RawResult, map: LineMap) =>
    translateResults(await context.blobs.open(knownResult(raw), signal), map, {
      signal,
      maxLineBytes: context.settings.maxLineBytes,
      accept: (facts) => tally.accept(facts),
    });
  for (const part of parts) {
    let isMapped = false;
    for (const raw of part.results) {
      const { role } = raw;
      if (role === "unsent") continue;
      const map =
        provider === null ? null : await toOpenAI(context, { batch, part, provider }, signal);
      yield* await translate(raw, map ?? sameResults(role));
      if (map === null) continue;
      isMapped = true;
      tally.addUsage(map.report().usage);
    }
    if (!isMapped) tally.addUsage(part.usage);
  }
  const { unsent } = preparedOf(batch);
  if (unsent !== null) yield* await translate(unsent, sameResults("error"));
  tally.endOfRaw();
  yield* missingResults(context, work, signal);
}

/** What became of the lines, in numbers. */
class Tally {
  readonly #scan: ResultScan | null;
  readonly endings = { errored: 0, canceled: 0, expired: 0 };
  succeeded = 0;
  usage: Usage | null = null;
  isClean = false;
  /** Where each row's line lies in the file that it goes to. */
  readonly places = { output: new LinePlaces(), error: new LinePlaces() };

  constructor({ index }: RewriteWork, maxLineBytes: number) {
    this.#scan = index === null ? null : new ResultScan(index, maxLineBytes);
  }

  get failed(): number {
    return this.endings.errored + this.endings.canceled + this.endings.expired;
  }

  accept(facts: Parameters<ResultScan["accept"]>[0] & { readonly outcome: LineOutcome["kind"] }) {
    const row = this.#scan?.accept(facts) ?? 0;
    if (row === -1) return false;
    this.count(facts.outcome, row);
    return true;
  }

  count(outcome: LineOutcome["kind"], row: number): void {
    // Without an index there is no order to keep.
    if (this.#scan !== null) this.places[outcome === "succeeded" ? "output" : "error"].expect(row);
    if (outcome === "succeeded") this.succeeded += 1;
    else this.endings[outcome] += 1;
  }

  get missing(): number {
    return this.#scan?.faults.missing ?? 0;
  }

  has(row: number): boolean {
    return this.#scan?.has(row) ?? true;
  }

  endOfRaw(): void {
    const faults = this.#scan?.faults;
    this.isClean = faults !== undefined && faults.missing + faults.doubled + faults.foreign === 0;
  }

  addUsage(usage: Usage | null): void {
    if (usage === null) return;
    const sum = this.usage;
    this.usage =
      sum === null
        ? usage
        : {
            inputTokens: sum.inputTokens + usage.inputTokens,
            cachedTokens: sum.cachedTokens + usage.cachedTokens,
            outputTokens: sum.outputTokens + usage.outputTokens,
            reasoningTokens: sum.reasoningTokens + usage.reasoningTokens,
            totalTokens: sum.totalTokens + usage.totalTokens,
          };
  }
}

const glanceAt = createLineGlance(Object.values(formats));

/** The index holds hashes of ids, not ids: they are read from the input again. */
async function* missingResults(
  context: EngineContext,
  { batch, parts, tally }: Sources,
  signal: AbortSignal,
): AsyncGenerator<MappedResults> {
  const input = knownInput(batch);
  if (input === null || tally.missing === 0) return;
  const outcome = outcomeOfMissing(batch, parts);
  const made = new LineOutput();
  let row = -1;
  const splitter = new LineSplitter((line, { number }) => {
    row += 1;
    if (tally.has(row)) return;
    tally.count(outcome.kind, row);
    made.add(
      formats.openai.resultLine.write({
        line: number,
        customId: glanceAt(line).customId,
        id: `batch_req_${batch.id}_${number}`,
        outcome,
      }),
    );
  }, context.settings.maxLineBytes);
  const none = Buffer.alloc(0);
  for await (const chunk of await context.blobs.open(input, signal)) {
    if (!(chunk instanceof Uint8Array)) continue;
    splitter.push(chunk);
    if (!made.isEmpty) yield { output: none, error: made.take() };
  }
  splitter.end();
  if (!made.isEmpty) yield { output: none, error: made.take() };
}

/** Why a line that the provider gave no result for has none. */
function outcomeOfMissing(
  batch: Batch,
  parts: readonly Part[],
): Extract<LineOutcome, { readonly kind: "errored" | "canceled" | "expired" }> {
  const reason = batch.options["outcome"];
  if (reason === "expired") return { kind: "expired" };
  if (reason === "cancelled") return { kind: "canceled" };
  const refused = parts.find((part) => part.outcome === "failed");
  return {
    kind: "errored",
    requestId: null,
    error: {
      status: 500,
      type: "server",
      code: refused !== undefined && isGivenUp(refused) ? GIVEN_UP : "batch_result_missing",
      message:
        refused?.errors[0]?.message ??
        "The provider ended the batch without a result for this request.",
    },
  };
}
