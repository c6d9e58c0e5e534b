import type { FormatName } from "../../../src/core/format-name.ts";
import { formats } from "../../../src/formats/formats.ts";

export const FORMAT_NAMES: readonly FormatName[] = Object.values(formats).map(({ name }) => name);

/** Of the job, where lines name no model. */
export const MODELS: Readonly<Record<FormatName, string>> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-sonnet-4-5",
  gemini: "gemini-2.5-flash",
  bedrock: "amazon.nova-lite-v1:0",
};
