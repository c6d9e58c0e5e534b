import type { Batch } from "../core/batch.ts";
import { connect } from "./connect.ts";
import type { EngineContext } from "./context.ts";
import { type EarlyPart, EarlySubmission } from "./early-submission.ts";
import { toSubmission } from "./input.ts";
import { newPart } from "./new-part.ts";
import { reasonNotToSend } from "./unsent.ts";

/** Of the Parts of a batch: each holds a connection until all of them are planned. */
const MAX_EARLY = 4;

/** Not known while the lines are made. */
const UNCOUNTED = {
  firstLine: 1,
  lines: 0,
  bytes: 0,
  model: null,
  models: [],
  mode: "native",
  inputBlob: null,
} as const;

/** The requests of a batch's first Parts that are begun before the batch is planned. */
export class EarlySubmissions {
  readonly #context: EngineContext;
  readonly #batch: Batch;
  readonly #signal: AbortSignal;
  /** By the Part's number, counted from 1. */
  readonly #begun = new Map<number, EarlySubmission>();

  constructor(context: EngineContext, batch: Batch, signal: AbortSignal) {
    this.#context = context;
    this.#batch = batch;
    this.#signal = signal;
  }

  /** Null: the Part's lines are sent in their own time. */
  async begin(number: number): Promise<EarlySubmission | null> {
    const context = this.#context;
    const batch = this.#batch;
    if (number > MAX_EARLY || reasonNotToSend(context, batch) !== null) return null;
    const begunAt = context.now();
    const early = { partId: context.newId(begunAt), begunAt };
    try {
      const { upstream } = await connect(context, batch);
      const submit = upstream.submitEarly?.bind(upstream);
      if (submit === undefined) return null;
      const part = newPart(context, batch, { ...UNCOUNTED, number, early });
      const submission = toSubmission(context, batch, part);
      const begun = new EarlySubmission(
        early,
        async (open, signal) => submit({ ...submission, open }, signal),
        this.#signal,
      );
      this.#begun.set(number, begun);
      return begun;
    } catch {
      // Whatever it is, it is told when the Part is submitted.
      return null;
    }
  }

  /** What the Part with this number was called. */
  partOf(number: number): EarlyPart | undefined {
    return this.#begun.get(number)?.part;
  }

  /** The request of a Part, for the caller to finish; null if there is none, or it has failed. */
  take(partId: string): EarlySubmission | null {
    for (const [number, each] of this.#begun) {
      if (each.part.partId !== partId) continue;
      this.#begun.delete(number);
      return each.hasFailed ? null : each;
    }
    return null;
  }

  /** Gives up what nobody took. */
  drop(): void {
    for (const each of this.#begun.values()) {
      each.abandon();
      if (each.hasty === null) continue;
      this.#context.log.error(
        { batch: this.#batch.id, job: each.hasty.id },
        "the provider made a job of a request that had no end: it is nobody's",
      );
    }
    this.#begun.clear();
  }
}
