import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import { parseMessages } from "./chat-contents.ts";
import { parseToolChoice, parseTools } from "./chat-tools.ts";
import { parseGenerationConfig } from "./generation-config.ts";
import { createProtoExtrasReader, protoFlag, protoText } from "./proto-fields.ts";

/** A GenerateContentRequest: https://ai.google.dev/api/generate-content */
export function parseChatRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  return {
    ...parseGenerationConfig(body, extras),
    family: "gemini",
    model: parseModel(body),
    messages: parseMessages(body, extras),
    extras,
    tools: parseTools(body, extras),
    toolChoice: parseToolChoice(body, extras),
    store: protoFlag(body, "store", ROOT),
    serviceTier: parseServiceTier(body),
  };
}

/** What is cached is a part of the conversation. */
const readExtras = createProtoExtrasReader(
  "model contents systemInstruction tools toolConfig generationConfig store serviceTier",
  "cachedContent",
);

/** The job names the model; a request may name it too, as a resource. */
export function parseModel(body: JsonObject): string | null {
  const model = protoText(body, "model", ROOT);
  if (model === undefined || model === "") return null;
  return model.startsWith("models/") ? model.slice("models/".length) : model;
}

function parseServiceTier(body: JsonObject): string | undefined {
  const tier = protoText(body, "serviceTier", ROOT);
  return tier === "unspecified" || tier === "SERVICE_TIER_UNSPECIFIED" ? undefined : tier;
}
