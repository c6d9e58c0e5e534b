import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { writeTools, writeToolConfig } from "./chat-tool-writer.ts";
import { writeContents } from "./contents-writer.ts";
import { writeGenerationConfig } from "./generation-config-writer.ts";
import { ownExtrasOf } from "./own-extras.ts";

/** A GenerateContentRequest, whose model the job names: https://ai.google.dev/api/generate-content */
export function writeChatRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const own = ownExtrasOf(request);
  const isOwn = request.family === "gemini";
  const { contents, systemInstruction } = writeContents(request, { context, isOwn, own });
  return {
    contents,
    systemInstruction,
    tools: writeTools(request, { context, own }),
    toolConfig: writeToolConfig(request, own),
    generationConfig: writeGenerationConfig(request, own, context),
    // What isn't asked for is left to the project.
    store: isOwn || request.store === true ? request.store : undefined,
    serviceTier: writeServiceTier(request, context),
    ...own.in(""),
  };
}

/** Batches have a price of their own, so another family's word for it only counts in single calls. */
function writeServiceTier(request: ChatRequest, context: WriteContext): string | undefined {
  const { serviceTier, family } = request;
  if (serviceTier === undefined || family === "gemini") return serviceTier;
  return context.isBatch ? undefined : TIERS.get(serviceTier.toLowerCase());
}

const TIERS: ReadonlyMap<string, string> = new Map([
  ["default", "standard"],
  ["standard", "standard"],
  ["standard_only", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
]);
