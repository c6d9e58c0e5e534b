import { hash } from "node:crypto";

/** Numbers that depend on the seed alone, so that the same request always has the same answer. */
export interface Dice {
  /** A whole number from 0 to `below` − 1. */
  readonly roll: (below: number) => number;
}

export function createDice(seed: string): Dice {
  const digest = hash("sha256", seed, "buffer");
  let state = digest.readUInt32LE(0) || 1;
  return {
    roll: (below) => {
      // xorshift32
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    },
  };
}

/** The numbers below `count` in an order that only the seed knows: results come back in none that a client could rely on. */
export function shuffled(count: number, seed: string): Uint32Array {
  const dice = createDice(seed);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = dice.roll(index + 1);
    const moved = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
