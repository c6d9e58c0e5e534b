import type { Format, FormatName } from "../core/format.ts";
import type { LineFormat } from "../core/lines.ts";
import { createAnthropicFormat } from "./anthropic/anthropic.ts";
import { detectLine } from "./detect.ts";
import { createOpenAIFormat } from "./openai/openai.ts";
import { createRequestMapper } from "./request-map.ts";
import { createResultMapper } from "./result-map.ts";

const openai = createOpenAIFormat();
const anthropic = createAnthropicFormat();

/** Every format there is: the one place that knows them all. */
export const formats = { openai, anthropic } as const satisfies Partial<Record<FormatName, Format>>;

const allFormats: readonly Format[] = Object.values(formats);

export const requestMap = createRequestMapper(allFormats);
export const resultMap = createResultMapper(allFormats);

/** The format of a line by its top-level keys, whoever sent it. */
export function formatOfLine(keys: readonly string[]): LineFormat {
  return detectLine(keys, allFormats);
}
