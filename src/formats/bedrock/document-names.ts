import type { DocumentPart } from "../../core/content.ts";

/** The names that a request has used, each with how often it was wanted. */
export type DocumentNames = Map<string, number>;

/**
 * A name of letters, digits, single blanks, hyphens and brackets, at most 200, that no other document of the request has.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export function documentName(part: DocumentPart, taken: DocumentNames): string {
  const { filename, title } = part;
  const base = cleaned(withoutExtension(filename ?? title ?? ""));
  let count = taken.get(base) ?? 0;
  let name = base;
  while (taken.has(name)) {
    count += 1;
    name = `${base} (${count})`;
  }
  taken.set(base, Math.max(count, 1));
  if (name !== base) taken.set(name, 1);
  return name;
}

/** A dot may also stand within a title: only what looks like the end of a file's name goes. */
function withoutExtension(name: string): string {
  return name.replace(/(?<=.)\.[a-zA-Z]{1,4}$/, "");
}

/** Room is left for a number behind it. */
function cleaned(name: string): string {
  const text = name
    .slice(0, MAX_LENGTH)
    .replaceAll(/[^a-zA-Z0-9\s()[\]-]/g, "-")
    .replaceAll(/\s+/g, " ")
    .trim();
  return /[a-zA-Z0-9]/.test(text) ? text : "document";
}

const MAX_LENGTH = 180;
