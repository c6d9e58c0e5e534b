import { randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
let lastTime = 0;
let sequence = 0;

/**
 * 26 characters `[a-z0-9]`: the time, so that ids sort as they were made; a number within the millisecond; and 72 random
 * bits, so that nobody guesses one.
 */
export function newId(now: number): string {
  sequence = now === lastTime ? sequence + 1 : 0;
  lastTime = now;
  const time = Math.floor(now).toString(36).padStart(9, "0");
  const count = (sequence % 46_656).toString(36).padStart(3, "0");
  let random = "";
  // 252 is the largest multiple of 36 below 256: larger bytes would favour some letters.
  while (random.length < 14) {
    for (const byte of randomBytes(20)) {
      if (byte < 252 && random.length < 14) random += ALPHABET.charAt(byte % 36);
    }
  }
  return time + count + random;
}
