import { randomFillSync } from "node:crypto";

/** Every row of a batch has an id or two: to ask the system for each of them costs more than all else about it. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Random bytes, at most as many as the pool has. */
export function randomText(bytes: number, encoding: "base64" | "hex"): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString(encoding, used - bytes, used);
}
