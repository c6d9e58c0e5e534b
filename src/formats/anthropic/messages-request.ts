import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalString,
} from "../fields.ts";
import { parseCache } from "./content.ts";
import { parseMessages } from "./messages.ts";
import { parseReasoning, parseResponseFormat, parseStop, parseUser } from "./settings.ts";
import { parseToolChoice, parseTools } from "./tools.ts";

/** A Messages request body: https://platform.claude.com/docs/en/api/messages/create */
export function parseMessagesRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  readMeaningfulExtras(body, extras);
  const { choice, isParallel } = parseToolChoice(body, extras);
  return {
    family: "anthropic",
    model: readOptionalString(body, "model", ROOT) ?? null,
    messages: parseMessages(body, { extras, toolNames: new Map() }),
    extras,
    tools: parseTools(body, extras),
    toolChoice: choice,
    parallelToolCalls: isParallel,
    responseFormat: parseResponseFormat(body, extras),
    maxTokens: readOptionalInteger(body, "max_tokens", ROOT),
    stop: parseStop(body),
    temperature: readOptionalNumber(body, "temperature", ROOT),
    topP: readOptionalNumber(body, "top_p", ROOT),
    topK: readOptionalInteger(body, "top_k", ROOT),
    reasoning: parseReasoning(body, extras),
    cache: parseCache(body, ROOT),
    user: parseUser(body, extras),
    serviceTier: readOptionalString(body, "service_tier", ROOT),
  };
}

const readExtras = createExtrasReader(`
  model messages system tools tool_choice output_config output_format
  max_tokens stop_sequences temperature top_p top_k thinking cache_control
  metadata service_tier stream container mcp_servers thread
`);

/** Fields whose value decides whether anything is lost by leaving them out. */
function readMeaningfulExtras(body: JsonObject, extras: Extra[]): void {
  for (const key of ESSENTIAL) {
    const value = body[key];
    if (value !== undefined && value !== null) {
      extras.push({ path: childPath(ROOT, key), value, isEssential: true });
    }
  }
  if (body["stream"] === true) {
    extras.push({ path: childPath(ROOT, "stream"), value: true, isEssential: false });
  }
}

/** Files and skills, tools, and an earlier conversation that the model is to have. */
const ESSENTIAL = ["container", "mcp_servers", "thread"] as const;
