import type { ReasoningEffort } from "../../core/chat-request.ts";
import { perModel } from "../per-model.ts";

/**
 * What OpenAI's own models refuse outright, by their names, so that a request of another family isn't lost for a setting that
 * can be left out. A name we don't know takes everything: OpenAI says itself what it refuses.
 */

/** Refuses sampling settings other than the defaults. */
export const isReasoningModel = perModel(
  (model) => /^(o\d|gpt-5)/.test(bareName(model)) && !isChatModel(model),
);

/** The efforts it takes, lowest first: none at all where it doesn't reason; null where we don't know. */
export function modelEfforts(model: string | null): readonly ReasoningEffort[] | null {
  const name = bareName(model);
  if (/^(gpt-3|gpt-4|chatgpt-)/.test(name) || isChatModel(model)) return [];
  if (/^o\d/.test(name) || /^gpt-5[\w.-]*-codex/.test(name)) return ["low", "medium", "high"];
  if (/^gpt-5(-|$)/.test(name)) return ["minimal", "low", "medium", "high"];
  if (/^gpt-5\.1(-|$)/.test(name)) return ["none", "low", "medium", "high"];
  return null;
}

function isChatModel(model: string | null): boolean {
  return /^gpt-5[\w.]*-chat/.test(bareName(model));
}

/** Without the owner that some hosts put before it: `openai/gpt-5`. */
function bareName(model: string | null): string {
  return model === null ? "" : model.slice(model.lastIndexOf("/") + 1);
}
