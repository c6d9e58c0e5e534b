import { z } from "zod";
import { metaOf, withoutWrappers } from "./setting.ts";

/** A value that came as a text, as its setting wants it; unchanged where it can't be read, so that the schema refuses it. */
export function fromText(schema: z.core.$ZodType, text: string): unknown {
  const inner = withoutWrappers(schema);
  if (inner instanceof z.ZodBoolean) return YES_OR_NO.get(text.trim().toLowerCase()) ?? text;
  if (inner instanceof z.ZodNumber) {
    return (metaOf(inner)["unit"] === "bytes" ? readBytes(text) : readNumber(text)) ?? text;
  }
  if (inner instanceof z.ZodArray) {
    return text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }
  return text;
}

const YES_OR_NO: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
  ["tib", 1024 ** 4],
]);

function readNumber(text: string): number | null {
  return /^-?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

function readBytes(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = BYTES.get(unit?.toLowerCase() ?? "");
  return amount === undefined || factor === undefined ? null : Math.round(Number(amount) * factor);
}
