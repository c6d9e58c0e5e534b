import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { BatchError, BatchWarning, RawResult } from "../core/batch.ts";
import type { BlobStore, KnownBlob } from "../core/blobs.ts";
import type { Provider } from "../core/provider.ts";
import type { TranslationReport } from "../core/translation.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import { createLineIds, type RequestLineIds } from "../formats/line-ids.ts";
import { abortable } from "../lib/abortable.ts";
import { freeBytes } from "../lib/buffer-pressure.ts";
import { keepLines } from "./keep-lines.ts";
import { translateInThread } from "./line-threads.ts";
import { type LineChunk, PartCutter, type PartLimits } from "./part-cutter.ts";
import { removeMade } from "./remove-made.ts";
import type { LinePlan } from "./target.ts";
import { MAX_ERRORS, type MadeItem, translateLines } from "./translate-lines.ts";

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
  readonly sha256: string | null;
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
  /** Of the input, or what it has at least. */
  readonly bytes: number;
  /** One after another: each reads the input once. */
  readonly groups: readonly LineGroup[];
  readonly format: Provider["format"];
  readonly mode: TranslationMode;
  openInput(): Promise<AsyncIterable<Uint8Array>>;
  /** Keys of the blobs begin with it. */
  readonly prefix: string;
  /**
   * Of the pieces' keys the end: where two passes may be under way, each has its own. Left out: the pieces are of this process alone,
   * and needn't outlive it.
   */
  readonly pass?: string;
  /** Gets each piece's chunks, as its own, once they were handed to the store; the pieces are counted from 1. Null: not this one. */
  readonly follow?: ((piece: number) => Promise<PieceFollower | null>) | undefined;
}

interface PieceFollower {
  /** Waits while it can't keep up; never fails. */
  send(chunk: Uint8Array): Promise<void>;
}

export interface PrepareContext {
  readonly blobs: BlobStore;
  readonly maxLineBytes: number;
}

/** Translates a File for its provider. A second pass writes the same lines, but for ids that are made up. */
export async function prepareLines(
  context: PrepareContext,
  work: Preparation,
  signal: AbortSignal,
): Promise<PreparedLines> {
  const { prefix } = work;
  const { blobs } = context;
  const unsent = new UnsentLines(blobs, `${prefix}/unsent`, signal);
  const made: PreparedPiece[] = [];
  // Whatever goes wrong, the translation stops too.
  const stopping = new AbortController();
  try {
    const host = { ...context, unsent, signal: AbortSignal.any([signal, stopping.signal]) };
    const { errors, reports, idsBlob } = await translateGroups(host, work, made);
    const result = await unsent.end();
    if (errors.length === 0) {
      return { pieces: made, idsBlob, unsent: result, warnings: toWarnings(reports), errors };
    }
    const named = { pieces: made, idsBlob, unsent: result };
    for (const key of blobsOf(named)) await blobs.delete(key, signal);
    return { pieces: [], idsBlob: null, unsent: null, warnings: [], errors };
  } catch (error) {
    unsent.abandon();
    // What isn't a pass's own another one may have stored by now, and need.
    const own = work.pass === undefined ? [`${prefix}/ids`, `${prefix}/unsent`] : [];
    await removeMade(blobs, [...made.map(({ blob }) => blob), ...own]);
    throw error;
  } finally {
    stopping.abort();
  }
}

/** Keys of what was made. */
export function blobsOf({
  pieces,
  idsBlob,
  unsent,
}: Pick<PreparedLines, "pieces" | "idsBlob" | "unsent">): readonly string[] {
  const keys = [...pieces.map(({ blob }) => blob), idsBlob?.key ?? null, unsent?.blob ?? null];
  return keys.filter((key) => key !== null);
}

interface Host extends PrepareContext {
  readonly unsent: UnsentLines;
  readonly signal: AbortSignal;
}

async function translateGroups(host: Host, work: Preparation, made: PreparedPiece[]) {
  const { blobs, signal, unsent } = host;
  const { groups, prefix, pass } = work;
  const isScratch = pass === undefined;
  const end = pass === undefined ? "" : `-${pass}`;
  const ids = groups.length === 1 ? null : createLineIds(formats[work.format].idRule);
  const reports: TranslationReport[] = [];
  const errors: BatchError[] = [];
  let idsBlob: KnownBlob | null = null;
  for (const [group, { limits, ...lines }] of groups.entries()) {
    const items = new MadeItems(await openItems(host, work, { ...lines, ids }), signal);
    let isFollowed = false;
    const free = (chunk: Uint8Array) => {
      if (!isFollowed) freeBytes(chunk);
    };
    const cutter = new PartCutter(items.sent(unsent, free), limits);
    while (await cutter.hasMore()) {
      const piece = made.length + 1;
      const blob = `${prefix}/part-${piece}${end}`;
      let count = 0;
      const counted = cutter.part((all) => {
        count = all;
      });
      const follower = (await work.follow?.(piece)) ?? null;
      isFollowed ||= follower !== null;
      const content = follower === null ? counted : followed(counted, follower);
      const stored = await blobs.putPiece(blob, { content, isScratch }, signal);
      made.push({ group, blob, ...stored, lines: count });
    }
    idsBlob = await saveIds(host, prefix, items.ids());
    const ended = await items.end();
    reports.push(ended.report);
    errors.push(...ended.errors);
    if (errors.length >= MAX_ERRORS) break;
  }
  const saved = errors.length === 0 ? (ids?.save() ?? null) : null;
  if (saved !== null) idsBlob = await putIds(host, prefix, eachOf(saved));
  const inOrder = errors.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
  return { errors: inOrder.slice(0, MAX_ERRORS), reports, idsBlob };
}

async function* followed(chunks: AsyncIterable<Uint8Array>, follower: PieceFollower) {
  for await (const chunk of chunks) {
    yield chunk;
    await follower.send(chunk);
  }
}

/** A thread of its own is started for no less. */
export const THREAD_BYTES = 2 * 1024 * 1024;

async function openItems(
  { maxLineBytes, signal }: Host,
  preparation: Preparation,
  { plan, keep, ids }: Omit<LineGroup, "limits"> & { readonly ids: RequestLineIds | null },
): Promise<AsyncIterable<MadeItem>> {
  const { format, mode, bytes } = preparation;
  const input = await preparation.openInput();
  const work = { map: plan.map, format, mode, maxLineBytes };
  // Copying lines is done faster than said to another thread; ids that groups share are in this one.
  if (plan.map !== null && ids === null && keep === null && bytes >= THREAD_BYTES) {
    return translateInThread(input, work, signal);
  }
  const kept = keep === null ? input : keepLines(input, keep, maxLineBytes);
  return translateLines(kept, work, { ids, signal });
}

/** The three things that a translation hands over one after the other. */
class MadeItems {
  readonly #items: AsyncIterator<MadeItem>;
  #next: MadeItem | null = null;

  constructor(items: AsyncIterable<MadeItem>, signal: AbortSignal) {
    this.#items = abortable(items, signal);
  }

  async *sent(unsent: UnsentLines, free: (chunk: Uint8Array) => void): AsyncGenerator<LineChunk> {
    for (let next = await this.#peek(); next.kind === "lines"; next = await this.#peek()) {
      this.#next = null;
      if (next.failedLines > 0) await unsent.write(next.failed, next.failedLines);
      if (next.sent.length > 0) yield { bytes: next.sent, lines: next.sentLines };
      // It would lie about until the next collection of old objects.
      free(next.sent);
    }
  }

  async *ids(): AsyncGenerator<Uint8Array> {
    for (let next = await this.#peek(); next.kind === "ids"; next = await this.#peek()) {
      this.#next = null;
      yield next.bytes;
    }
  }

  async end(): Promise<Extract<MadeItem, { readonly kind: "end" }>> {
    const last = await this.#peek();
    if (last.kind !== "end") throw new Error(`a translation went on with ${last.kind}`);
    return last;
  }

  async #peek(): Promise<MadeItem> {
    if (this.#next !== null) return this.#next;
    const next = await this.#items.next();
    if (next.done === true) throw new Error("a translation stopped before its end");
    return (this.#next = next.value);
  }
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

  async write(bytes: Uint8Array, lines: number): Promise<void> {
    this.#lines += lines;
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

/** Null: there are none. */
async function saveIds(
  host: Host,
  prefix: string,
  ids: AsyncGenerator<Uint8Array>,
): Promise<KnownBlob | null> {
  const first = await ids.next();
  if (first.done === true) return null;
  async function* all() {
    yield first.value;
    yield* ids;
  }
  return putIds(host, prefix, all());
}

async function putIds(
  { blobs, signal }: Host,
  prefix: string,
  ids: AsyncIterable<Uint8Array>,
): Promise<KnownBlob> {
  const key = `${prefix}/ids`;
  return { key, ...(await blobs.put(key, ids, signal)) };
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
