import { type OpenAIEmulatorOptions, startOpenAIEmulator } from "../src/emulators/openai/server.ts";

/** The emulated OpenAI as a process of its own; options come as JSON. */
const options = JSON.parse(process.argv[2] ?? "{}") as OpenAIEmulatorOptions;
const emulator = await startOpenAIEmulator(options);
process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
process.once("SIGTERM", () => {
  void emulator.close().then(() => process.exit(0));
});
