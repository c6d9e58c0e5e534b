import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keepHeapSmall, noteTransfer } from "../../src/lib/buffer-pressure.ts";

const MIB = 1024 * 1024;
const works: Readonly<Record<string, () => number>> = {
  transfer,
  garbage,
  regrowth,
  "young objects": () => {
    keepHeapSmall();
    return madeOld();
  },
};

/** Prints how many MiB a process of its own held while it did what its argument says. */
process.stdout.write(String(works[process.argv[2] ?? ""]?.() ?? 0));

/** Chunks that live through a few collections each, as those do that wait to be written while lines are translated. */
function transfer(): number {
  const waiting: Buffer[] = [];
  let most = 0;
  for (let passed = 0; passed < 600; passed += 1) {
    waiting.push(Buffer.alloc(MIB));
    if (waiting.length > 20) waiting.shift();
    noteTransfer(MIB);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  return most / MIB;
}

/** Objects that die young: the young generation is what is measured. */
function garbage(): number {
  keepHeapSmall();
  let most = 0;
  makeGarbage(3_000_000, () => (most = Math.max(most, youngBytes())));
  return most / MIB;
}

/** The young generation that V8 has shrunk as far as it goes, after lines have passed again. */
function regrowth(): number {
  keepHeapSmall();
  setFlagsFromString("--expose-gc");
  Reflect.apply(runInNewContext("gc"), undefined, [{ type: "major", flavor: "last-resort" }]);
  const least = youngBytes();
  for (let steps = 0; steps < 3; steps += 1) noteTransfer(8 * MIB);
  return least < 4 * MIB ? youngBytes() / MIB : 0;
}

function makeGarbage(objects: number, after20000: () => void): void {
  let kept: object[] = [];
  for (let made = 0; made < objects; made += 1) {
    kept.push({ made, list: [made, made] });
    if (kept.length > 60_000) kept = [];
    if (made % 20_000 === 0) after20000();
  }
}

interface Item {
  readonly made: number;
  readonly list: readonly number[];
  readonly of: { readonly made: number };
}

/** How much of objects that die young is old from the start, once many of their kind have lived long. */
function madeOld(): number {
  makeItems(3_000_000, 400_000);
  let grown = 0;
  let last = oldBytes();
  for (let round = 0; round < 60; round += 1) {
    makeItems(50_000, 100);
    const now = oldBytes();
    grown += Math.max(0, now - last);
    last = now;
  }
  return grown / MIB;
}

function makeItems(count: number, most: number): void {
  let kept: Item[] = [];
  for (let made = 0; made < count; made += 1) {
    kept.push(makeItem(made));
    if (kept.length > most) kept = [];
  }
}

function makeItem(made: number): Item {
  return { made, list: [made, made, made, made], of: { made } };
}

function youngBytes(): number {
  return spaceOf("new_space")?.space_size ?? 0;
}

function oldBytes(): number {
  return spaceOf("old_space")?.space_used_size ?? 0;
}

function spaceOf(name: string) {
  return getHeapSpaceStatistics().find(({ space_name: each }) => each === name);
}
