import type { Format, FormatName } from "../core/format.ts";
import { anthropicMessages } from "./anthropic/anthropic-messages.ts";
import { createAnthropicFormat } from "./anthropic/anthropic.ts";
import { createBedrockFormat } from "./bedrock/bedrock.ts";
import { createGeminiFormat } from "./gemini/gemini.ts";
import { openaiChat } from "./openai/chat.ts";
import { createOpenAIFormat } from "./openai/openai.ts";
import { createRequestMapper } from "./request-map.ts";
import { createResultMapper } from "./result-map.ts";

const openai = createOpenAIFormat();
const anthropic = createAnthropicFormat();
const gemini = createGeminiFormat();
const bedrock = createBedrockFormat({ claude: anthropicMessages, openaiChat });

/** Every format there is: the one place that knows them all. */
export const formats = { openai, anthropic, gemini, bedrock } as const satisfies Record<
  FormatName,
  Format
>;

const allFormats: readonly Format[] = Object.values(formats);

export const requestMap = createRequestMapper(allFormats);
export const resultMap = createResultMapper(allFormats);
