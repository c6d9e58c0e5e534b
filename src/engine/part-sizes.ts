import type { BatchError } from "../core/batch.ts";
import type { Provider } from "../core/provider.ts";
import type { PartLimits } from "../lines/part-cutter.ts";
import type { PreparedLines } from "../lines/prepare.ts";

interface Size {
  readonly lines: number;
  readonly bytes: number;
}

export function runsDirectly(lines: number, { hasBatches, limits }: Provider): boolean {
  // An empty file is for the provider to refuse.
  return !hasBatches || (lines > 0 && lines < limits.minLines);
}

export function refuseTooFew(
  lines: number,
  { name, limits, belowMinimum, hasBatches }: Provider,
): BatchError | null {
  if (!hasBatches || lines >= limits.minLines || belowMinimum === "direct") return null;
  return {
    code: "too_few_lines",
    message: `The batch has ${lines} lines, and ${name} takes no fewer than ${limits.minLines}.`,
    param: "input_file_id",
    line: null,
  };
}

export const NO_LIMITS: PartLimits = {
  lines: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
};

/** Parts of about the same size: the last one isn't left with a handful of lines that a provider wouldn't take. */
export function limitsOf({ lines, bytes }: Size, { limits }: Provider): PartLimits {
  const parts = Math.max(1, Math.ceil(lines / limits.maxLines), Math.ceil(bytes / limits.maxBytes));
  return { lines: Math.ceil(lines / parts), bytes: limits.maxBytes };
}

/** Translated lines may be larger than was thought, and leave a handful for a last Part. Null: none has too few. */
export function evenLimits({ pieces }: PreparedLines, { limits }: Provider): PartLimits | null {
  if (pieces.length < 2 || pieces.every(({ lines }) => lines >= limits.minLines)) return null;
  const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0);
  return { lines: Math.ceil(lines / pieces.length), bytes: limits.maxBytes };
}
