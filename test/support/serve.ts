import { startWorld } from "./world.ts";

/** A gateway with every provider emulated, as a process of its own, for suites in other languages: ends when its standard input does. */
const world = await startWorld();
const emulators = Object.entries({ ...world.emulators, s3: world.s3 });
process.stdout.write(
  `${JSON.stringify({
    url: world.url,
    emulators: Object.fromEntries(emulators.map(([name, { controlUrl }]) => [name, controlUrl])),
  })}\n`,
);
process.stdin.resume();
await new Promise((resolve) => {
  process.stdin.once("end", resolve);
});
await world.close();
