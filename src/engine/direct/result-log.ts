import type { Counts } from "../../core/batch.ts";
import type { BlobStore } from "../../core/blobs.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { LineResult } from "./run-line.ts";
import { type EndedLine, type Segment, segmentAt, segmentBytes } from "./segments.ts";
import type { DirectLine, Worklist } from "./worklist.ts";

export interface ResultLogOptions {
  readonly blobs: BlobStore;
  readonly partId: string;
  readonly stepId: string;
  /** Beyond so many results that aren't durable, no line is begun. */
  readonly maxWaiting: number;
  readonly gatherMilliseconds: number;
  /** Of earlier steps. */
  readonly earlier: readonly Segment[];
  readonly checkpoint: Checkpoint;
  readonly worklist: Worklist;
  /** Of the provider, so far. */
  readonly learned: () => Pick<Checkpoint, "concurrency" | "pausedUntil">;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Makes results durable, one write at a time, and with each all that have come meanwhile. */
export class ResultLog {
  readonly #options: ResultLogOptions;
  readonly #segments: Segment[];
  #waiting: EndedLine[] = [];
  #beingWritten = 0;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #roomWanted: (() => void)[] = [];
  /** Of the last segment. */
  #head: string;
  #counts: Pick<Counts, "completed" | "failed">;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: ResultLogOptions) {
    this.#options = options;
    this.#segments = [...options.earlier];
    this.#counts = countsOf(options.checkpoint);
    this.#head = JSON.stringify(options.checkpoint);
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Of durable results. */
  get counts(): Pick<Counts, "completed" | "failed"> {
    return this.#counts;
  }

  /** Waits while so many results aren't durable that no further line should be begun. */
  async room(): Promise<void> {
    const { maxWaiting } = this.#options;
    while (this.#failure === null && this.#waiting.length + this.#beingWritten >= maxWaiting) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
  }

  add(line: DirectLine, result: LineResult): void {
    this.#waiting.push({ line, result });
    const { maxWaiting, gatherMilliseconds } = this.#options;
    if (this.#waiting.length * 2 >= maxWaiting) void this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), gatherMilliseconds);
  }

  /** Returns once everything is durable, the attempts and pauses included. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== null) return;
    this.#writing = this.#appendAll();
    await this.#writing;
    this.#writing = null;
  }

  async #appendAll(): Promise<void> {
    // A later checkpoint would say that the results of a write that failed are there.
    if (this.#failure !== null) return;
    try {
      do await this.#append();
      while (this.#waiting.length > 0);
    } catch (error) {
      this.#failure = { error };
      this.#options.onError(error);
      this.#giveRoom();
    }
  }

  async #append(): Promise<void> {
    const { blobs, partId, stepId, signal } = this.#options;
    const taken = this.#waiting;
    this.#waiting = [];
    this.#beingWritten = taken.length;
    const checkpoint = this.#checkpointWith(taken);
    const head = JSON.stringify(checkpoint);
    if (taken.length === 0 && head === this.#head) return;
    const segment = segmentAt(partId, (this.#segments.at(-1)?.number ?? 0) + 1, stepId);
    await blobs.put(segment.key, segmentBytes(head, taken), signal);
    this.#segments.push(segment);
    this.#head = head;
    this.#counts = countsOf(checkpoint);
    this.#beingWritten = 0;
    this.#giveRoom();
  }

  #giveRoom(): void {
    const wanted = this.#roomWanted;
    this.#roomWanted = [];
    for (const wake of wanted) wake();
  }

  /** As it is once these results are durable. */
  #checkpointWith(taken: readonly EndedLine[]): Checkpoint {
    const { worklist, learned } = this.#options;
    for (const { line } of taken) worklist.close(line);
    const failed = taken.filter(({ result }) => result.isFailure).length;
    return {
      ...worklist.state(),
      completed: this.#counts.completed + taken.length - failed,
      failed: this.#counts.failed + failed,
      ...learned(),
    };
  }
}

function countsOf({ completed, failed }: Checkpoint): Pick<Counts, "completed" | "failed"> {
  return { completed, failed };
}
