import { idHash } from "./id-hash.ts";

/** Slots are two 32-bit words; both zero is an empty one. At most half of them are used. */
const FIRST_SLOTS = 1024;

/**
 * A set of texts that keeps 8 bytes of each one's hash: a hundred thousand take 2 MB.
 */
export class HashSet {
  #words = new Uint32Array(FIRST_SLOTS * 2);
  #size = 0;

  /** False if it was there already. */
  add(text: string): boolean {
    const { low, high } = idHash(text);
    if (this.#size * 4 >= this.#words.length) this.#grow();
    if (!insert(this.#words, low, high)) return false;
    this.#size += 1;
    return true;
  }

  has(text: string): boolean {
    const { low, high } = idHash(text);
    const slot = slotOf(this.#words, low, high);
    return this.#words[slot * 2] === low;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    for (let at = 0; at < this.#words.length; at += 2) {
      const low = this.#words[at] ?? 0;
      if (low !== 0) insert(words, low, this.#words[at + 1] ?? 0);
    }
    this.#words = words;
  }
}

/** False if it was there already. */
function insert(words: Uint32Array, low: number, high: number): boolean {
  const slot = slotOf(words, low, high);
  if (words[slot * 2] !== 0) return false;
  words[slot * 2] = low;
  words[slot * 2 + 1] = high;
  return true;
}

/** Where a hash is, or would be: there is always an empty slot. */
function slotOf(words: Uint32Array, low: number, high: number): number {
  const mask = words.length / 2 - 1;
  for (let slot = high & mask; ; slot = (slot + 1) & mask) {
    const present = words[slot * 2];
    if (present === 0 || (present === low && words[slot * 2 + 1] === high)) return slot;
  }
}
