import type { ChatRequest } from "../../core/chat-request.ts";
import type { ChatResponse } from "../../core/chat-response.ts";
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

/** Whether a response was read from a body of that very API. One that says nothing has no place that tells. */
export function isAnswerOf(response: ChatResponse, api: "chat" | "responses"): boolean {
  const first = response.choices.find(({ parts }) => parts.length > 0)?.parts[0];
  if (response.family !== "openai") return false;
  return first === undefined ? api === "responses" : apiOf(first.at) === api;
}
