import type { Batch, Part, Usage } from "../core/batch.ts";
import type { Provider } from "../core/provider.ts";
import type { Endings } from "../lines/result-scan.ts";
import { lineIndexOf, toOpenAI } from "./collect.ts";
import type { EngineContext } from "./context.ts";
import { rewriteResults } from "./rewrite.ts";
import { preparedOf } from "../lines/prepared-record.ts";

/** A result file as clients will fetch it; `nativeId` where it is byte for byte the provider's own. */
export interface ResultFile {
  readonly role: "output" | "error";
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: number;
  readonly nativeId: string | null;
}

export interface WrittenResults {
  readonly files: readonly ResultFile[];
  /** Null where nobody said. */
  readonly usage: Usage | null;
  /** How lines that didn't succeed ended; null where the lines weren't looked at. */
  readonly endings: Endings | null;
  /** The raw results hold each line once, so that other readers' results can be made of them. */
  readonly isClean: boolean;
}

export interface ResultWork {
  readonly batch: Batch;
  readonly parts: readonly Part[];
  /** Null: it is no longer configured, so nothing can be translated. */
  readonly provider: Provider | null;
}

/**
 * The result files of a batch, in OpenAI's format. Where a provider's own are that and every line has exactly one result, they
 * serve as they are; else they are written anew: doubled and foreign lines left out, and a line for each input line that got none.
 */
export async function writeResults(
  context: EngineContext,
  work: ResultWork,
  signal: AbortSignal,
): Promise<WrittenResults> {
  const { batch, parts } = work;
  const index = await lineIndexOf(context, batch, signal);
  if (await areServable(context, { ...work, isUnknown: index === null }, signal)) {
    const files = parts.flatMap((part) =>
      part.results.flatMap(({ role, ...file }) => (role === "unsent" ? [] : [{ ...file, role }])),
    );
    const usage = parts.find((part) => part.usage !== null)?.usage ?? null;
    return { files, usage, endings: endingsOf(parts), isClean: true };
  }
  return rewriteResults(context, { ...work, index }, signal);
}

async function areServable(
  context: EngineContext,
  { batch, parts, provider, isUnknown }: ResultWork & { readonly isUnknown: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const [part] = parts;
  if (part === undefined || parts.length > 1 || preparedOf(batch).unsent !== null) return false;
  if (!isUnknown && !isComplete(part)) return false;
  return provider === null || (await toOpenAI(context, { batch, part, provider }, signal)) === null;
}

function isComplete({ options: { faults }, results }: Part): boolean {
  return (
    typeof faults === "object" &&
    faults !== null &&
    "missing" in faults &&
    faults["missing"] === 0 &&
    faults["doubled"] === 0 &&
    faults["foreign"] === 0 &&
    new Set(results.map(({ role }) => role)).size === results.length
  );
}

function endingsOf([part]: readonly Part[]): Endings | null {
  const endings = part?.options["endings"];
  if (typeof endings !== "object" || endings === null || Array.isArray(endings)) return null;
  const count = (name: string) => {
    const value = name in endings ? Object.entries(endings).find(([key]) => key === name)?.[1] : 0;
    return typeof value === "number" ? value : 0;
  };
  return { errored: count("errored"), canceled: count("canceled"), expired: count("expired") };
}
