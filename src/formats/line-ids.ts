import type { IdRule } from "../core/format.ts";
import type { LineIds, LineOrigin } from "../core/translation.ts";
import { IdTable } from "./id-table.ts";

/** Ids of a Part while its requests are mapped; `save` is what the results need to find back. */
export interface RequestLineIds extends LineIds {
  /** Null while every id stands for itself; else to be stored with the Part. The same lines give the same bytes. */
  save(): Iterable<Uint8Array> | null;
}

/**
 * A client's id goes to the provider as it is wherever it may. Else it becomes `r000012` by its line's number, and is kept in
 * a table; `line-000012` stands for a line without an id. `#3of5` and `#base64` after an id say what else has to be
 * remembered of a line, so that costs no memory; where a rule forbids `#` it's `-`, after an `r000012`. A client's own ids of
 * these forms become `r000012` too.
 */
export function createLineIds(rule: IdRule | null): RequestLineIds {
  return new MappedIds(rule, new IdTable(), true);
}

/** What `save` gave: the ids as the results need them. */
export async function loadLineIds(
  saved: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | null,
): Promise<LineIds> {
  if (saved === null) return SAME_IDS;
  const table = new IdTable();
  for await (const chunk of saved) table.load(chunk);
  table.load(null);
  return new MappedIds(null, table, false);
}

/** For bytes that passed untouched: no id is ours, whatever it looks like. */
export const SAME_IDS: LineIds = {
  isPlain: true,
  toTarget: ({ customId }) => customId ?? "",
  toSource: (customId) => ({ customId, line: null, piece: null, encoding: "float" }),
};

class MappedIds implements RequestLineIds {
  readonly #rule: IdRule | null;
  readonly #mapped: IdTable;
  #isPlain: boolean;

  constructor(rule: IdRule | null, mapped: IdTable, isPlain: boolean) {
    this.#rule = rule;
    this.#mapped = mapped;
    this.#isPlain = isPlain;
  }

  get isPlain(): boolean {
    return this.#isPlain;
  }

  toTarget(origin: LineOrigin): string {
    const { customId } = origin;
    const suffix = suffixOf(origin);
    if (customId !== null && isOpen(customId) && this.#mayBe(customId + suffix)) {
      if (suffix !== "") this.#isPlain = false;
      return customId + suffix;
    }
    this.#isPlain = false;
    const line = origin.line ?? 0;
    if (customId !== null) this.#mapped.set(line, customId);
    const number = String(line).padStart(6, "0");
    return (customId === null ? `line-${number}` : `r${number}`) + suffix.replaceAll("#", "-");
  }

  #mayBe(id: string): boolean {
    return this.#rule === null || this.#rule.pattern.test(id);
  }

  toSource(targetId: string): LineOrigin {
    const made = MADE.exec(targetId);
    if (made !== null) return this.#originOfMade(targetId, made);
    if (!targetId.includes("#")) return plain(targetId);
    const [, customId = targetId, index, count, base64] = SUFFIXED.exec(targetId) ?? [];
    return { customId, line: null, ...readSuffix(index, count, base64) };
  }

  #originOfMade(targetId: string, made: RegExpExecArray): LineOrigin {
    const [, prefix, number, index, count, base64] = made;
    const line = Number(number);
    const customId = prefix === "r" ? this.#mapped.get(line) : null;
    if (customId === undefined) return plain(targetId);
    return { customId, line, ...readSuffix(index, count, base64) };
  }

  save(): Iterable<Uint8Array> | null {
    return this.#isPlain ? null : this.#mapped.stored();
  }
}

const MADE = /^(r|line-)(\d{6,})(?:-(\d+)of(\d+))?(-base64)?$/;
const SUFFIXED = /^(.*?)(?:#(\d+)of(\d+))?(#base64)?$/s;

/** Not of a form that we make ourselves, nor one that some transport may mangle. */
function isOpen(customId: string): boolean {
  if (customId === "" || MADE.test(customId) || !customId.isWellFormed()) return false;
  return !customId.includes("#") || !/#(?:\d+of\d+|base64)$/.test(customId);
}

function suffixOf({ piece, encoding }: LineOrigin): string {
  const which = piece === null ? "" : `#${piece.index + 1}of${piece.count}`;
  return encoding === "base64" ? `${which}#base64` : which;
}

function readSuffix(
  index: string | undefined,
  count: string | undefined,
  base64: string | undefined,
): Pick<LineOrigin, "piece" | "encoding"> {
  return {
    piece: index === undefined ? null : { index: Number(index) - 1, count: Number(count) },
    encoding: base64 === undefined ? "float" : "base64",
  };
}

function plain(customId: string): LineOrigin {
  return { customId, line: null, piece: null, encoding: "float" };
}
