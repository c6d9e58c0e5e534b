import type { LineMap, ResultFacts } from "../core/translation.ts";
import { LineOutput } from "./line-output.ts";
import { run, type TranslateOptions } from "./translate.ts";

/** What came of a piece of a result stream: lines of requests that succeeded, and all others. Either may be empty. */
export interface MappedResults {
  readonly output: Uint8Array;
  readonly error: Uint8Array;
}

interface ResultOptions extends Omit<TranslateOptions, "onFailed"> {
  /** Whether a line is to be kept: of several for one request only one is. */
  readonly accept: (facts: ResultFacts) => boolean;
}

/** Maps a stream of results, sorted by whether they succeeded. */
export function translateResults(
  chunks: AsyncIterable<Uint8Array>,
  map: LineMap,
  options: ResultOptions,
): AsyncGenerator<MappedResults> {
  const output = new LineOutput();
  const error = new LineOutput();
  return run(chunks, {
    map,
    options,
    add(mapped, _line, lifted) {
      if (mapped.kind !== "lines") return;
      for (const [index, text] of mapped.lines.entries()) {
        const facts = mapped.facts?.[index];
        if (facts === undefined || !options.accept(facts)) continue;
        (facts.outcome === "succeeded" ? output : error).add(text, lifted);
      }
    },
    isFull: () => output.isFull || error.isFull,
    isEmpty: () => output.isEmpty && error.isEmpty,
    take: () => ({ output: output.take(), error: error.take() }),
  });
}
