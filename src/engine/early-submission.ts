import type { JobRef } from "../core/batch.ts";
import type { UncountedSubmission } from "../core/provider.ts";

/** A Part that has a name, and no row yet. */
export interface EarlyPart {
  readonly partId: string;
  /** In milliseconds since the epoch: its job can't be older. */
  readonly begunAt: number;
}

/**
 * The request that makes a Part's job, begun while the Part's lines are still translated. Until `finish` its body isn't whole, and a
 * body that isn't whole makes nothing: the request may be given up at any time, and a process that dies leaves nothing behind.
 */
export class EarlySubmission {
  readonly part: EarlyPart;
  readonly #stopping = new AbortController();
  readonly #job: Promise<JobRef>;
  #state: "open" | "whole" | "failed" = "open";
  #hasty: JobRef | null = null;
  /** What the provider hasn't taken yet. */
  #chunk: Uint8Array | null = null;
  #onGiven: () => void = () => undefined;
  #onTaken: () => void = () => undefined;

  constructor(
    part: EarlyPart,
    submit: (open: UncountedSubmission["open"], signal: AbortSignal) => Promise<JobRef>,
    signal: AbortSignal,
  ) {
    this.part = part;
    this.#job = submit(
      async () => this.#chunks(),
      AbortSignal.any([signal, this.#stopping.signal]),
    );
    // Either way it takes no more. Whoever waits for the job is told why.
    this.#job.then(
      (job) => this.#made(job),
      () => this.#end("failed"),
    );
  }

  /** Whether it was refused, or cut off, before its end: then it made nothing. */
  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** A job that the provider made of a body without its end, which no provider should; else null. */
  get hasty(): JobRef | null {
    return this.#hasty;
  }

  /** Hands over a chunk of lines that nobody else needs. Waits until the provider takes it, or never will; doesn't fail. */
  async send(chunk: Uint8Array): Promise<void> {
    if (this.#state !== "open") return;
    this.#chunk = chunk;
    const taken = new Promise<void>((resolve) => (this.#onTaken = resolve));
    this.#onGiven();
    await taken;
  }

  /** Lets the request end, once it is durable that it may. As `Upstream.submit`. */
  finish(): Promise<JobRef> {
    this.#end("whole");
    return this.#job;
  }

  /** Ends the request before its body is whole. */
  abandon(): void {
    this.#stopping.abort(new Error("an early submission was given up"));
    this.#end("failed");
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunk;
        if (chunk !== null) {
          this.#chunk = null;
          this.#onTaken();
          yield chunk;
        } else if (this.#state === "open") {
          await new Promise<void>((resolve) => (this.#onGiven = resolve));
        } else if (this.#state === "whole") {
          return;
        } else {
          throw new Error("an early submission was given up");
        }
      }
    } finally {
      if (this.#state === "open") this.#end("failed");
    }
  }

  #made(job: JobRef): void {
    if (this.#state === "open") this.#hasty = job;
    this.#end("whole");
  }

  #end(state: "whole" | "failed"): void {
    if (this.#state === "failed") return;
    this.#state = state;
    this.#onGiven();
    this.#onTaken();
  }
}
