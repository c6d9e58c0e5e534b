import { getHeapSpaceStatistics } from "node:v8";
import { keepHeapSmall, noteTransfer } from "../../src/lib/buffer-pressure.ts";

const MIB = 1024 * 1024;
const works: Readonly<Record<string, () => number>> = { transfer, garbage };

/** Prints the most, in MiB, that a process of its own held while it did what its argument says. */
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
  let kept: object[] = [];
  let most = 0;
  for (let made = 0; made < 3_000_000; made += 1) {
    kept.push({ made, list: [made, made] });
    if (kept.length > 60_000) kept = [];
    if (made % 20_000 !== 0) continue;
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    most = Math.max(most, young?.space_size ?? 0);
  }
  return most / MIB;
}
