import { hash } from "node:crypto";

/**
 * 63 bits of a text's hash as two words of 32, of which `low` is never zero. That two of a hundred thousand texts have the
 * same is less likely than one in a thousand million.
 */
export function idHash(text: string): { readonly low: number; readonly high: number } {
  // As characters, since a Buffer for each text costs three times as much as its hash.
  const digest = hash("sha1", text, "binary");
  return { low: (wordOf(digest, 0) | 1) >>> 0, high: wordOf(digest, 4) };
}

function wordOf(digest: string, at: number): number {
  const word =
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24);
  return word >>> 0;
}
