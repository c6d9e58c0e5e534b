import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** With 8 MiB V8 marked the heap by itself, up to twenty times in 256 MiB; 2 MiB gained nothing more. */
const STEP_BYTES = 4 * 1024 * 1024;
/** So much more than the last whole collection left may be held by Buffers before the next one. */
const HELD_BYTES = 16 * 1024 * 1024;

/**
 * The young generation may shrink to this and no further, both of its halves counted. With 2 MiB results were translated at
 * 0.35 to 0.5 × the speed of the translation alone, with 16 MiB at 0.6 ×, with 32 MiB no faster but 100 MiB larger.
 */
const YOUNG_BYTES = 16 * 1024 * 1024;

type Collect = (options: { readonly type: "minor" | "major" }) => void;

/** So long after the last bytes what they left behind is collected: V8 waits for more work, which may not come. */
const QUIET_MILLISECONDS = 1_000;

let passed = 0;
let left = 0;
/** How far it may shrink; 0: as V8 likes. */
let leastYoung = 0;
let collect: Collect | null = null;
let quiet: NodeJS.Timeout | null = null;

/**
 * Told of every chunk that a bulk transfer lets go of. The memory of a dead Buffer is freed by a collection, but its bytes don't
 * make the young generation collect: V8 waits for tens of megabytes and then marks the whole heap, which took half of the time
 * of a large transfer. A young collection per step frees the same Buffers in under a millisecond. Those that lived through
 * two of them are old, and only a whole collection frees them: V8 lets more than a hundred megabytes of them pile up.
 */
export function noteTransfer(bytes: number): void {
  passed += bytes;
  if (passed < STEP_BYTES) return;
  passed = 0;
  quiet?.refresh();
  collectYoung();
  const held = process.memoryUsage().arrayBuffers;
  left = Math.min(left, held);
  if (held > left + HELD_BYTES) collectAll();
}

/**
 * For a process that moves bytes all day: what loading it left behind is freed, and the young generation doesn't grow but where
 * it has shrunk too far. Otherwise it would reach tens of megabytes, from which the translation alone gained nothing. And objects of
 * lines are never made old from the start: V8 does that where many of them outlived a collection once, as those of chunks on their
 * way do, and after such a guess a third of all that is made waits for a marking of the heap. Results then took 1.5 times as long,
 * in about every second process.
 */
export function keepHeapSmall(youngBytes = YOUNG_BYTES): void {
  leastYoung = youngBytes;
  quiet ??= setTimeout(collectAll, QUIET_MILLISECONDS).unref();
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-allocation-site-pretenuring");
  collectAll();
}

/** Frees bytes whose buffer is theirs alone at once. Whoever still has them sees none. */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

function collectYoung(): void {
  collect ??= findCollector();
  if (bytesOfYoung() < leastYoung) growYoung();
  else collect({ type: "minor" });
}

/**
 * V8 shrinks the young generation while little is made, and doubles it only in a collection that more survived than one of its
 * halves holds. Of lines nothing survives, so it would stay small for a gigabyte of them.
 */
function growYoung(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
  for (let tries = 0; tries < MAX_DOUBLINGS && bytesOfYoung() < leastYoung; tries += 1) {
    const arrays = Math.ceil(bytesOfYoung() / SURVIVOR_BYTES);
    const survivors = Array.from({ length: arrays }, () => SURVIVOR.slice());
    collect?.({ type: "minor" });
    survivors.length = 0;
  }
  setFlagsFromString("--semi-space-growth-factor=1");
}

const MAX_DOUBLINGS = 5;
const SURVIVOR: readonly number[] = Array.from({ length: 1_024 }, () => 0.5);
const SURVIVOR_BYTES = SURVIVOR.length * 8;

function bytesOfYoung(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return young?.space_size ?? 0;
}

function collectAll(): void {
  collect ??= findCollector();
  collect({ type: "major" });
  left = process.memoryUsage().arrayBuffers;
}

/** Exposes V8's own `gc` to this module alone. */
function findCollector(): Collect {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof found !== "function") return () => undefined;
  return (options) => {
    Reflect.apply(found, undefined, [options]);
  };
}
