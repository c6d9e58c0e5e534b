import type { BedrockModel } from "./model-family.ts";

/** What Bedrock's models take beyond what Converse says, by their names. */

/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html: open models; Claude is asked elsewhere. */
export function takesSchema({ family, name }: BedrockModel): boolean {
  if (family === "openai") return true;
  return family === "mistral_chat" && !isMistralLarge2(name);
}

/** Mistral Large 2 and Pixtral Large, which came before structured output. */
export function isMistralLarge2(name: string): boolean {
  return name.startsWith("mistral.mistral-large-2407") || name.startsWith("mistral.pixtral-large");
}

/** Models that can be made to call a tool: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
export function takesForcedTool({ family }: BedrockModel): boolean {
  return family === "nova" || family === "mistral_chat";
}

/** The models of before system text: it goes before what the user says first. */
export function takesSystem({ family, name }: BedrockModel): boolean {
  return family !== "titan" && !/^mistral\.mi(?:stral-7b|xtral-8x7b)/.test(name);
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html */
export function isNova2({ family, name }: BedrockModel): boolean {
  return family === "nova" && name.startsWith("amazon.nova-2-");
}

export function isOpenAI({ name }: BedrockModel): boolean {
  return name.startsWith("openai.");
}

export function isGptOss({ name }: BedrockModel): boolean {
  return name.startsWith("openai.gpt-oss-");
}
