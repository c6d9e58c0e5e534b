import { startAnthropicEmulator } from "../src/emulators/anthropic/server.ts";
import { startBedrockEmulator } from "../src/emulators/bedrock/server.ts";
import { startGeminiEmulator } from "../src/emulators/gemini/server.ts";
import { startOpenAIEmulator } from "../src/emulators/openai/server.ts";
import { startS3Emulator } from "../src/emulators/s3/server.ts";

const [key = "", minCharacters = "0"] = process.argv.slice(2);
const common = { apiKeys: [key], minCharacters: Number(minCharacters), speed: "instant" } as const;

/** Every emulated provider in one process of its own, with the limits of the real ones. */
const openai = await startOpenAIEmulator(common);
const anthropic = await startAnthropicEmulator(common);
const gemini = await startGeminiEmulator(common);
const s3 = await startS3Emulator({ buckets: ["bench"] });
const bedrock = await startBedrockEmulator({ ...common, s3 });
const all = [openai, anthropic, gemini, bedrock, s3];
const urls = {
  openai: openai.url,
  anthropic: anthropic.url,
  gemini: gemini.url,
  s3: s3.url,
  bedrock: bedrock.url,
};
process.stdout.write(`${JSON.stringify({ url: JSON.stringify(urls) })}\n`);
process.once("SIGTERM", () => {
  void Promise.all(all.map((each) => each.close())).then(() => process.exit(0));
});
