/** A whole number from 0 to `below` − 1; the same ones for the same seed. */
export type Chance = (below: number) => number;

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TOKENS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\r\n",
  "\n",
  "\0",
  "\u00ff",
  "../",
  "%2e",
  "%00",
  "__proto__",
  "1e999",
  "-1",
  "99999999999999999999",
  "null",
  "--",
  "s3://",
  "file-",
  "\ud83d\ude00",
] as const;

/** One to four small changes: bytes turned, taken out, doubled, or put in. */
export function mutate(bytes: Buffer, chance: Chance): Buffer {
  let changed = bytes;
  for (let times = 1 + chance(4); times > 0; times -= 1) {
    const at = chance(changed.length + 1);
    const end = Math.min(changed.length, at + chance(16));
    const before = changed.subarray(0, at);
    switch (chance(5)) {
      case 0:
        changed = Buffer.concat([before, Buffer.from([chance(256)]), changed.subarray(at + 1)]);
        break;
      case 1:
        changed = Buffer.concat([before, changed.subarray(end)]);
        break;
      case 2:
        changed = Buffer.concat([changed.subarray(0, end), changed.subarray(at)]);
        break;
      case 3:
        changed = before.length > 0 ? before : changed;
        break;
      default:
        changed = Buffer.concat([
          before,
          Buffer.from(TOKENS[chance(TOKENS.length)] ?? ""),
          changed.subarray(at),
        ]);
    }
  }
  return Buffer.from(changed);
}
