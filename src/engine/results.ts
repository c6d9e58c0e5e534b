import type { Batch, Part, RawResult } from "../core/batch.ts";
import type { StoredBlob } from "../core/blobs.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { memberString } from "../lib/member-string.ts";
import { lineIndexOf } from "./collect.ts";
import type { EngineContext } from "./context.ts";
import { inputBlob } from "./input.ts";
import type { LineIndex } from "./line-index.ts";
import { ResultScan } from "./result-scan.ts";

/** A result file as clients will fetch it; `nativeId` where it is byte for byte the provider's own. */
export interface ResultFile {
  readonly role: "output" | "error";
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: number;
  readonly nativeId: string | null;
}

/**
 * The result files of a batch. Where every line has exactly one result, the raw ones serve as they are; else they are
 * written anew: doubled and foreign lines left out, and an error line for each input line that got none.
 */
export async function writeResults(
  context: EngineContext,
  work: { readonly batch: Batch; readonly parts: readonly Part[] },
  signal: AbortSignal,
): Promise<readonly ResultFile[]> {
  const raw = work.parts.flatMap((part) => part.results);
  const index = work.parts.every(isClean) ? null : await lineIndexOf(context, work.batch, signal);
  if (index === null)
    return raw.flatMap(({ role, ...file }) => (role === "unsent" ? [] : [{ ...file, role }]));
  const rewriter = new Rewriter(context, work.batch, index);
  const output = await rewriter.write("output", raw, signal);
  const error = await rewriter.write("error", raw, signal);
  for (const file of [output, error]) {
    if (file.lines === 0) await context.blobs.delete(file.blob, signal);
  }
  return [output, error].filter((file) => file.lines > 0);
}

function isClean(part: Part): boolean {
  const faults = part.options["faults"];
  return (
    typeof faults === "object" &&
    faults !== null &&
    "missing" in faults &&
    faults["missing"] === 0 &&
    faults["doubled"] === 0 &&
    faults["foreign"] === 0
  );
}

/** Output first, then errors: what the output answered is not missing. */
class Rewriter {
  readonly #context: EngineContext;
  readonly #batch: Batch;
  readonly #scan: ResultScan;

  constructor(context: EngineContext, batch: Batch, index: LineIndex) {
    this.#context = context;
    this.#batch = batch;
    this.#scan = new ResultScan(index, context.settings.maxLineBytes);
  }

  async write(
    role: "output" | "error",
    raw: readonly RawResult[],
    signal: AbortSignal,
  ): Promise<ResultFile> {
    const blob = `results/${this.#batch.id}/${role}`;
    let lines = 0;
    const counted = (count: number) => {
      lines += count;
    };
    const stored: StoredBlob = await this.#context.blobs.put(
      blob,
      this.#lines(role, raw, { counted, signal }),
      signal,
    );
    return { role, blob, ...stored, lines, nativeId: null };
  }

  async *#lines(
    role: "output" | "error",
    raw: readonly RawResult[],
    {
      counted,
      signal,
    }: { readonly counted: (lines: number) => void; readonly signal: AbortSignal },
  ): AsyncGenerator<Uint8Array> {
    const context = this.#context;
    for (const result of raw.filter((candidate) => candidate.role === role)) {
      const keep = (line: Buffer) =>
        this.#scan.accept(line) ? Buffer.concat([line, NEWLINE]) : null;
      yield* this.#mapLines(await context.blobs.open(result.blob, signal), { counted, map: keep });
    }
    const input = inputBlob(this.#batch);
    if (role === "output" || input === null || this.#scan.faults.missing === 0) return;
    // The index holds hashes of ids, not ids: they are read from the input again.
    let number = -1;
    const answer = (line: Buffer) => {
      number += 1;
      return this.#scan.has(number) ? null : neverRan(this.#batch, line, number);
    };
    yield* this.#mapLines(await context.blobs.open(input, signal), { counted, map: answer });
  }

  /** What `map` makes of each line, in chunks about as large as those that came. */
  async *#mapLines(
    chunks: AsyncIterable<Uint8Array>,
    work: {
      readonly map: (line: Buffer) => Buffer | null;
      readonly counted: (lines: number) => void;
    },
  ): AsyncGenerator<Uint8Array> {
    let made: Buffer[] = [];
    const splitter = new LineSplitter((line) => {
      const mapped = work.map(line);
      if (mapped !== null) made.push(mapped);
    }, this.#context.settings.maxLineBytes);
    const take = () => {
      const taken = Buffer.concat(made);
      work.counted(made.length);
      made = [];
      return taken;
    };
    for await (const chunk of chunks) {
      splitter.push(chunk);
      if (made.length > 0) yield take();
    }
    splitter.end();
    if (made.length > 0) yield take();
  }
}

const NEWLINE = Buffer.from("\n");

const REASONS = {
  expired: {
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired.",
  },
  cancelled: {
    code: "batch_cancelled",
    message: "This request was not executed because the batch was cancelled.",
  },
  missing: {
    code: "batch_result_missing",
    message: "The provider ended the batch without a result for this request.",
  },
} as const;

/** OpenAI's error line for a request that never ran. Source: OpenAI batch guide, error file. */
function neverRan(batch: Batch, line: Buffer, number: number): Buffer {
  const reason = batch.options["outcome"];
  const error =
    reason === "expired"
      ? REASONS.expired
      : reason === "cancelled"
        ? REASONS.cancelled
        : REASONS.missing;
  const id = `batch_req_${batch.id}_${number + 1}`;
  const result = { id, custom_id: memberString(line, "custom_id"), response: null, error };
  return Buffer.from(`${JSON.stringify(result)}\n`);
}
