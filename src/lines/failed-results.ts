import type { Batch } from "../core/batch.ts";
import { formats } from "../formats/formats.ts";
import { LineOutput } from "../formats/line-output.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { createLineGlance } from "./line-glance.ts";

const glanceAt = createLineGlance(Object.values(formats));

/** A result in OpenAI's format for each line of a batch that failed as a whole; it says why. */
export async function* failedResults(
  input: AsyncIterable<Uint8Array>,
  { batch, maxLineBytes }: { readonly batch: Batch; readonly maxLineBytes: number },
): AsyncGenerator<Uint8Array> {
  const made = new LineOutput();
  const [first] = batch.errors;
  const add = (line: Buffer, number: number) => {
    const own = batch.errors.find((error) => error.line === number) ?? first;
    made.add(
      formats.openai.resultLine.write({
        line: number,
        customId: glanceAt(line).customId,
        id: null,
        outcome: {
          kind: "errored",
          requestId: null,
          error: {
            status: 400,
            type: "invalid_request",
            code: own?.code ?? "invalid_request",
            message: own?.message ?? "The provider failed the batch and gave no reason.",
            ...(own?.param === null || own === undefined ? {} : { param: own.param }),
          },
        },
      }),
    );
  };
  const splitter = new LineSplitter(
    (line, { number }) => add(line, number),
    maxLineBytes,
    (number, head) => add(head, number),
  );
  for await (const chunk of input) {
    splitter.push(chunk);
    if (!made.isEmpty) yield made.take();
  }
  splitter.end();
  if (!made.isEmpty) yield made.take();
}
