import { CodecError } from "../../../src/core/codec-error.ts";
import type { EmbeddingWriteContext } from "../../../src/core/format.ts";
import { fieldText, pathText } from "../../../src/core/json-path.ts";
import type { Where } from "../../../src/core/write-context.ts";

export interface RecordingContext extends EmbeddingWriteContext {
  /** The fields that were warned of, in order. */
  readonly warnings: string[];
}

/** A context as the mapper of lines makes it, with ids that count and a time that stands. */
export function recordingContext(
  options: Partial<Pick<EmbeddingWriteContext, "model" | "isBatch" | "encoding">> = {},
): RecordingContext {
  const warnings: string[] = [];
  const ids = new Map<string, number>();
  return {
    model: options.model === undefined ? "gpt-4o" : options.model,
    isBatch: options.isBatch ?? true,
    encoding: options.encoding ?? "float",
    warnings,
    warn: (where) => {
      warnings.push(typeof where === "string" ? where : fieldText(where));
    },
    untranslatable: (where, message) => new CodecError("untranslatable", nameOf(where), message),
    reveal: (text) => text,
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => {
      const id = (ids.get(prefix) ?? 0) + 1;
      ids.set(prefix, id);
      return `${prefix}${id}`;
    },
  };
}

function nameOf(where: Where): string {
  return typeof where === "string" ? where : pathText(where);
}
