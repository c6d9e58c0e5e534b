import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonPath } from "../../core/json-path.ts";

/**
 * Which of OpenAI's two chat APIs a place of its family belongs to: native parts of the one mean nothing in the other, and
 * only the place tells.
 */
export function apiOf(at: JsonPath): "chat" | "responses" {
  let node = at;
  while (node.parent !== null && node.parent.parent !== null) node = node.parent;
  return node.key === "messages" || node.key === "choices" ? "chat" : "responses";
}

/** Whether a request was read from a body of that very API. */
export function isFrom(request: ChatRequest, api: "chat" | "responses"): boolean {
  const [first] = request.messages;
  return request.family === "openai" && (first === undefined || apiOf(first.at) === api);
}
