import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keepHeapSmall, noteTransfer } from "../../src/lib/buffer-pressure.ts";

const MIB = 1024 * 1024;
const works: Readonly<Record<string, () => number>> = { transfer, garbage, regrowth };

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

function youngBytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return young?.space_size ?? 0;
}
