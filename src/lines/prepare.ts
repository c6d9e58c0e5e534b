import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { BatchError, BatchWarning, RawResult } from "../core/batch.ts";
import type { BlobStore, KnownBlob } from "../core/blobs.ts";
import type { LineError } from "../core/lines.ts";
import type { LineMap, MappedLine, TranslationReport } from "../core/translation.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import { createLineIds, type RequestLineIds } from "../formats/line-ids.ts";
import { LineOutput } from "../formats/line-output.ts";
import type { LiftedLine } from "../formats/long-texts.ts";
import { run } from "../formats/translate.ts";
import { keepLines } from "./keep-lines.ts";
import type { LinePlan } from "./target.ts";
import { PartCutter, type PartLimits } from "./part-cutter.ts";
import type { Provider } from "../core/provider.ts";

/** Lines as they are to be sent, durable, in Parts. */
export interface PreparedLines {
  readonly pieces: readonly PreparedPiece[];
  /** What maps ids back; null where each stands for itself. */
  readonly idsBlob: KnownBlob | null;
  /** Results of lines that can't be sent; null where all can. */
  readonly unsent: RawResult | null;
  readonly warnings: readonly BatchWarning[];
  /** Why nothing may be sent; then nothing is left behind. */
  readonly errors: readonly BatchError[];
}

export interface PreparedPiece {
  /** Which group its lines are of. */
  readonly group: number;
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: number;
}

/** Lines that share a job: all, or those of one model. */
export interface LineGroup {
  readonly plan: LinePlan;
  readonly limits: PartLimits;
  /** Null: every line. */
  readonly keep: ((row: number) => boolean) | null;
}

export interface Preparation {
  /** One after another: each reads the input once. */
  readonly groups: readonly LineGroup[];
  readonly format: Provider["format"];
  readonly mode: TranslationMode;
  openInput(): Promise<AsyncIterable<Uint8Array>>;
  /** Keys of the blobs begin with it. */
  readonly prefix: string;
  /** Of the pieces' keys the end: where two passes may be under way, each has its own. */
  readonly pass?: string;
}

export interface PrepareContext {
  readonly blobs: BlobStore;
  readonly now: () => number;
  readonly newId: (now: number) => string;
  readonly maxLineBytes: number;
}

/** Translates a File for its provider. A second pass writes the same lines, but for ids that are made up. */
export async function prepareLines(
  context: PrepareContext,
  work: Preparation,
  signal: AbortSignal,
): Promise<PreparedLines> {
  const { prefix, pass } = work;
  const end = pass === undefined ? "" : `-${pass}`;
  const { blobs } = context;
  const ids = createLineIds(formats[work.format].idRule);
  const failures = new Failures(work.mode);
  const unsent = new UnsentLines(blobs, `${prefix}/unsent`, signal);
  const pieces: PreparedPiece[] = [];
  const reports: TranslationReport[] = [];
  try {
    for (const [group, { plan, limits, keep }] of work.groups.entries()) {
      const map = plan.createMap({
        ids,
        nowSeconds: () => Math.floor(context.now() / 1_000),
        newId: (idPrefix) => idPrefix + context.newId(context.now()),
      });
      const all = await work.openInput();
      const input = keep === null ? all : keepLines(all, keep, context.maxLineBytes);
      const lines = translated(input, { map, failures, unsent, context }, signal);
      const cutter = new PartCutter(lines, limits);
      while (await cutter.hasMore()) {
        const blob = `${prefix}/part-${pieces.length + 1}${end}`;
        let count = 0;
        const counted = cutter.part((all) => {
          count = all;
        });
        const stored = await blobs.put(blob, counted, signal);
        pieces.push({ group, blob, ...stored, lines: count });
      }
      reports.push(map.report());
    }
  } catch (error) {
    if (!(error instanceof TooManyFailures)) {
      unsent.abandon();
      // As far as the store can be reached; the end of the batch finds the rest.
      for (const { blob } of pieces) await blobs.delete(blob, signal).catch(() => undefined);
      throw error;
    }
  }
  const result = await unsent.end();
  if (failures.errors.length > 0) {
    const made = [...pieces.map((piece) => piece.blob), `${prefix}/unsent`];
    for (const blob of made) await blobs.delete(blob, signal);
    return { pieces: [], idsBlob: null, unsent: null, warnings: [], errors: failures.inOrder };
  }
  const idsBlob = await saveIds(blobs, { ids, key: `${prefix}/ids` }, signal);
  return { pieces, idsBlob, unsent: result, warnings: toWarnings(reports), errors: [] };
}

interface Translation {
  readonly map: LineMap;
  readonly failures: Failures;
  readonly unsent: UnsentLines;
  readonly context: PrepareContext;
}

async function* translated(
  input: AsyncIterable<Uint8Array>,
  { map, failures, unsent, context }: Translation,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const output = new LineOutput();
  const failed = new LineOutput();
  const add = (mapped: MappedLine, line: number, lifted: LiftedLine | null) => {
    if (mapped.kind === "lines") {
      for (const text of mapped.lines) output.add(text, lifted);
      return;
    }
    if (failures.add(mapped, line)) return;
    unsent.count();
    failed.add(toResultLine(mapped, line));
  };
  const made = run(input, {
    map,
    options: { maxLineBytes: context.maxLineBytes, signal },
    add,
    isFull: () => output.isFull || failed.isFull,
    isEmpty: () => output.isEmpty && failed.isEmpty,
    take: () => ({ sent: output.take(), failed: failed.take() }),
  });
  for await (const { sent, failed: bytes } of made) {
    if (failures.isEnough) throw new TooManyFailures();
    if (bytes.length > 0) await unsent.write(bytes);
    if (sent.length > 0) yield sent;
  }
}

class TooManyFailures extends Error {}

type FailedMapping = Extract<MappedLine, { readonly kind: "failed" }>;

function toResultLine({ customId, error }: FailedMapping, line: number): string {
  const outcome = { kind: "errored", requestId: null, error: { ...error, line } } as const;
  return formats.openai.resultLine.write({ line, customId, id: null, outcome });
}

/** Within a line's body; any other fault is one of the file. */
const IN_BODY = new RegExp(
  `^(?:${Object.values(formats)
    .map(({ requestLine }) => requestLine.bodyPath)
    .join("|")})(?:[.[]|$)`,
);
const MAX_ERRORS = 100;

/** What forbids that anything is sent: files that are no files of lines, and, in `strict`, any line that can't be said. */
class Failures {
  readonly errors: BatchError[] = [];
  readonly #mode: TranslationMode;

  constructor(mode: TranslationMode) {
    this.#mode = mode;
  }

  get inOrder(): readonly BatchError[] {
    return this.errors.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
  }

  get isEnough(): boolean {
    return this.errors.length >= MAX_ERRORS;
  }

  /** False: the line alone fails. */
  add({ error }: FailedMapping, line: number): boolean {
    const isOfLine = error.status >= 500 || IN_BODY.test(error.path ?? "");
    if (isOfLine && this.#mode === "warn") return false;
    if (!this.isEnough) this.errors.push(toBatchError(error, line));
    return true;
  }
}

function toBatchError({ code, type, message, path }: LineError, line: number): BatchError {
  const isJson = path === undefined && message.includes("not valid JSON");
  return {
    code: isJson ? "invalid_json_line" : (code ?? type),
    message,
    param: path ?? null,
    line,
  };
}

/** Results of lines that were never sent, stored while they are found. */
class UnsentLines {
  readonly #stream = new PassThrough();
  readonly #stored: ReturnType<BlobStore["put"]>;
  readonly #blobs: BlobStore;
  readonly #key: string;
  readonly #signal: AbortSignal;
  #lines = 0;

  constructor(blobs: BlobStore, key: string, signal: AbortSignal) {
    this.#blobs = blobs;
    this.#key = key;
    this.#signal = signal;
    this.#stored = blobs.put(key, this.#stream, signal);
    // It is looked at by whoever writes next, and at the end.
    this.#stored.catch((error: unknown) => {
      this.#stream.destroy(error instanceof Error ? error : new Error(String(error)));
    });
    this.#stream.on("error", () => undefined);
  }

  count(): void {
    this.#lines += 1;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#stream.write(bytes)) await once(this.#stream, "drain", { signal: this.#signal });
  }

  abandon(): void {
    this.#stream.destroy(new Error("the preparation was given up"));
  }

  async end(): Promise<RawResult | null> {
    this.#stream.end();
    const stored = await this.#stored;
    if (this.#lines > 0) {
      return { role: "unsent", blob: this.#key, ...stored, lines: this.#lines, nativeId: null };
    }
    await this.#blobs.delete(this.#key, this.#signal);
    return null;
  }
}

async function saveIds(
  blobs: BlobStore,
  { ids, key }: { readonly ids: RequestLineIds; readonly key: string },
  signal: AbortSignal,
): Promise<KnownBlob | null> {
  const saved = ids.save();
  if (saved === null) return null;
  return { key, ...(await blobs.put(key, eachOf(saved), signal)) };
}

async function* eachOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const FIRST_LINES = 10;

/** What several groups say of one field is said once. */
function toWarnings(reports: readonly TranslationReport[]): readonly BatchWarning[] {
  const byField = new Map<string, BatchWarning>();
  for (const { field, reason, count, lineNumbers } of reports.flatMap(({ warnings }) => warnings)) {
    const key = JSON.stringify([field, reason]);
    const before = byField.get(key);
    const firstLines = [...(before?.firstLines ?? []), ...lineNumbers];
    byField.set(key, {
      code: "field_dropped",
      message: reason,
      field,
      lines: count + (before?.lines ?? 0),
      firstLines: firstLines.toSorted((one, other) => one - other).slice(0, FIRST_LINES),
    });
  }
  return [...byField.values()];
}
