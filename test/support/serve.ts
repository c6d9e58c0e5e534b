import { startGateway } from "./gateway.ts";

/** A gateway with its emulators as a process of its own, for suites in other languages: ends when its standard input does. */
const gateway = await startGateway({ emulator: { speed: "instant" } });
process.stdout.write(
  `${JSON.stringify({ url: gateway.url, emulators: { openai: gateway.emulator.controlUrl } })}\n`,
);
process.stdin.resume();
await new Promise((resolve) => {
  process.stdin.once("end", resolve);
});
await gateway.close();
