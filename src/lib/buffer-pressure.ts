import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Smaller steps cost more collections, larger ones more memory: measured between 4 and 64 MiB. */
const STEP_BYTES = 16 * 1024 * 1024;

let passed = 0;
let collectYoung: ((options: { readonly type: "minor" }) => void) | null = null;

/**
 * Told of every chunk that a bulk transfer lets go of. The memory of a dead Buffer is freed by a collection, but its bytes don't
 * make the young generation collect: V8 waits for tens of megabytes and then marks the whole heap, which took half of the time
 * of a large transfer. A young collection per step frees the same Buffers in under a millisecond.
 */
export function noteTransfer(bytes: number): void {
  passed += bytes;
  if (passed < STEP_BYTES) return;
  passed = 0;
  collectYoung ??= findCollector();
  collectYoung({ type: "minor" });
}

/** Exposes V8's own `gc` to this module alone. */
function findCollector(): (options: { readonly type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof found !== "function") return () => undefined;
  return (options) => {
    Reflect.apply(found, undefined, [options]);
  };
}
