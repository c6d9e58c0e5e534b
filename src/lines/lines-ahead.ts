import { PassThrough } from "node:stream";
import type { PartLimits } from "./part-cutter.ts";
import {
  blobsOf,
  type Preparation,
  type PrepareContext,
  type PreparedLines,
  prepareLines,
  THREAD_BYTES,
} from "./prepare.ts";
import { removeMade } from "./remove-made.ts";
import type { LineSurvey } from "./survey.ts";
import { type LinePlan, planLines, type Target } from "./target.ts";

export interface AheadOptions {
  /** An endpoint of null is where the first line goes. */
  readonly target: Omit<Target, "endpoint"> & { readonly endpoint: string | null };
  readonly limits: PartLimits;
  /** As `Preparation`'s. */
  readonly prefix: string;
  readonly pass?: string;
  readonly follow?: Preparation["follow"];
  /** Whether what the first lines call for should be made at all. Left out: yes. */
  readonly isWanted?: (plan: LinePlan) => Promise<boolean>;
}

/** So much of the input tells what plan it calls for. Less of it isn't translated ahead. */
const FIRST_BYTES = THREAD_BYTES;
const CHUNK_BYTES = 256 * 1024;
/** Of lines that name none. */
export const STANDARD_ENDPOINT = "/v1/chat/completions";
const NONE = Buffer.alloc(0);

/**
 * Lines that are translated while they are received or surveyed, by the plan that the first of them call for. Whether it was the right
 * one is known when all of them were seen; if not, what was made is removed. So a large file isn't read once more.
 */
export class LinesAhead {
  readonly #context: PrepareContext;
  readonly #options: AheadOptions;
  readonly #signal: AbortSignal;
  /** Chunks are copied: their buffers go to another thread. A stream of bytes would join those that wait. */
  readonly #copied = new PassThrough({
    objectMode: true,
    readableHighWaterMark: 1,
    writableHighWaterMark: FIRST_BYTES / CHUNK_BYTES,
  });
  #gathered: Buffer = NONE;
  #used = 0;
  #bytes = 0;
  #isOff = false;
  #made: { readonly plan: LinePlan; readonly lines: Promise<PreparedLines | null> } | null = null;

  constructor(context: PrepareContext, options: AheadOptions, signal: AbortSignal) {
    this.#context = context;
    this.#options = options;
    this.#signal = signal;
    // What goes wrong is told by what was to be made of it.
    this.#copied.on("error", () => undefined);
  }

  /** As `push`, of a chunk that nobody else needs. */
  async give(chunk: Uint8Array, survey: LineSurvey): Promise<void> {
    if (this.#isOff) return;
    this.#pass();
    this.#gathered = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#used = chunk.length;
    this.#pass();
    await this.#goOn(survey);
  }

  /** Waits while too much of the input waits for its translation. `survey` has seen the chunk. */
  async push(chunk: Uint8Array, survey: LineSurvey): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isOff;) {
      if (this.#used === this.#gathered.length) {
        this.#pass();
        this.#gathered = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      }
      const part = chunk.subarray(at, at + this.#gathered.length - this.#used);
      this.#gathered.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      await this.#goOn(survey);
    }
  }

  /** All of the input was pushed. */
  end(): void {
    if (this.#made === null) this.#isOff = true;
    this.#pass();
    this.#copied.end();
  }

  /** What was made, if all `lines` would be made by this plan, and cut, in the same way; null: nothing is left of it. */
  async take(
    plan: LinePlan,
    cut: { readonly limits: PartLimits; readonly lines: number },
  ): Promise<PreparedLines | null> {
    const made = this.#made;
    if (made === null || !isSame(made.plan, plan) || !isSameCut(this.#options.limits, cut)) {
      await this.drop();
      return null;
    }
    this.#made = null;
    this.#isOff = true;
    return made.lines;
  }

  /** Stops, and leaves nothing of its own behind. */
  async drop(): Promise<void> {
    const made = this.#made;
    this.#made = null;
    this.#isOff = true;
    if (!this.#copied.writableEnded) this.#copied.destroy(new Error("the input was given up"));
    const lines = made === null ? null : await made.lines;
    if (lines === null) return;
    // What isn't a pass's own another one may have stored by now, and need.
    const isShared = this.#options.pass !== undefined;
    const keys = isShared ? lines.pieces.map(({ blob }) => blob) : blobsOf(lines);
    await removeMade(this.#context.blobs, keys);
  }

  async #goOn(survey: LineSurvey): Promise<void> {
    if (this.#made === null) {
      if (this.#bytes >= FIRST_BYTES) await this.#begin(survey);
    } else if (this.#copied.writableNeedDrain) {
      await this.#drained();
    }
  }

  async #begin(survey: LineSurvey): Promise<void> {
    const { target, limits, isWanted, ...keys } = this.#options;
    const soFar = survey.soFar();
    const endpoint = target.endpoint ?? soFar.firstUrl ?? STANDARD_ENDPOINT;
    const planned = planLines(soFar, { ...target, endpoint });
    const plan = planned.kind === "planned" ? planned.plan : null;
    if (plan === null || plan.map === null || (await isWanted?.(plan)) === false) {
      this.#isOff = true;
      this.#copied.destroy();
      return;
    }
    const { format } = target.provider;
    const work = { ...keys, format, mode: target.mode, bytes: FIRST_BYTES };
    const openInput = () => Promise.resolve(this.#copied);
    const groups = [{ plan, limits, keep: null }];
    const lines = prepareLines(this.#context, { ...work, groups, openInput }, this.#signal).catch(
      () => {
        // It is tried again in its own time, and fails there if it must.
        this.#isOff = true;
        this.#copied.destroy();
        return null;
      },
    );
    this.#made = { plan, lines };
  }

  #pass(): void {
    if (this.#used === 0 || this.#isOff) return;
    this.#copied.write(this.#gathered.subarray(0, this.#used));
    this.#bytes += this.#used;
    this.#used = 0;
    this.#gathered = NONE;
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#copied.off("drain", go).off("close", go);
        resolve();
      };
      this.#copied.on("drain", go).on("close", go);
    });
  }
}

function isSame(one: LinePlan, other: LinePlan): boolean {
  return JSON.stringify(one.map) === JSON.stringify(other.map);
}

/** Whether the lines are cut alike: also where neither limit is reached. */
function isSameCut(
  guess: PartLimits,
  { limits, lines }: { readonly limits: PartLimits; readonly lines: number },
): boolean {
  const isWhole = guess.lines >= lines && limits.lines >= lines;
  return guess.bytes === limits.bytes && (isWhole || guess.lines === limits.lines);
}
