import { startAnthropicEmulator } from "../../src/emulators/anthropic/server.ts";
import { startBedrockEmulator } from "../../src/emulators/bedrock/server.ts";
import { startGeminiEmulator } from "../../src/emulators/gemini/server.ts";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { startS3Emulator } from "../../src/emulators/s3/server.ts";

/** Every provider in a process of its own, which outlives the gateways: prints where they are, and ends with its input. */
const settings = { apiKeys: ["sk-chaos"], speed: 60 } as const;
const region = "us-east-1";
const s3 = await startS3Emulator({ buckets: ["jobs", "blobs"], region });
const emulators = {
  openai: await startOpenAIEmulator(settings),
  anthropic: await startAnthropicEmulator(settings),
  gemini: await startGeminiEmulator(settings),
  bedrock: await startBedrockEmulator({
    s3,
    region,
    speed: settings.speed,
    limits: { recordsPerJobAtLeast: 5 },
  }),
  s3,
};
const places = Object.entries(emulators).map(([name, { url, controlUrl }]) => [
  name,
  { url, controlUrl },
]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(places))}\n`);
process.stdin.resume().once("end", () => process.exit(0));
