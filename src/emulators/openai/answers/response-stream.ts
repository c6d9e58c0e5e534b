// https://platform.openai.com/docs/api-reference/responses-streaming

import type { JsonObject } from "../../json.ts";
import { objectsOf } from "../../json.ts";
import { textOf } from "./chat.ts";

/** The same response as server-sent events: its items one after another, texts word by word. */
export function* streamResponse(response: JsonObject): Generator<string> {
  let sequence = 0;
  const event = (type: string, rest: JsonObject): string => {
    const text = JSON.stringify({ type, sequence_number: sequence, ...rest });
    sequence += 1;
    return `event: ${type}\ndata: ${text}\n\n`;
  };
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  const unfinished = { ...begun, completed_at: null, incomplete_details: null };
  yield event("response.created", { response: unfinished });
  yield event("response.in_progress", { response: unfinished });
  for (const [index, item] of objectsOf(response["output"]).entries()) {
    const place = { output_index: index, item_id: item["id"] ?? "" };
    yield event("response.output_item.added", { output_index: index, item: emptied(item) });
    for (const { type, ...rest } of inner(item)) yield event(type, { ...place, ...rest });
    yield event("response.output_item.done", { output_index: index, item });
  }
  yield event(`response.${textOf(response["status"])}`, { response });
}

interface InnerEvent extends JsonObject {
  readonly type: string;
}

function emptied(item: JsonObject): JsonObject {
  if (item["type"] === "message") return { ...item, status: "in_progress", content: [] };
  if (item["type"] === "function_call") return { ...item, status: "in_progress", arguments: "" };
  return item;
}

function* inner(item: JsonObject): Generator<InnerEvent> {
  if (item["type"] === "function_call") {
    const input = textOf(item["arguments"]);
    const type = "response.function_call_arguments";
    for (const delta of input.match(/[^]{1,12}/g) ?? []) yield { type: `${type}.delta`, delta };
    yield { type: `${type}.done`, name: item["name"] ?? "", arguments: input };
    return;
  }
  for (const [at, part] of objectsOf(item["content"]).entries()) {
    const text = textOf(part["text"]);
    const place = { content_index: at };
    yield { type: "response.content_part.added", ...place, part: { ...part, text: "" } };
    for (const delta of text.match(/\s*\S+\s*$|\s*\S+/g) ?? []) {
      yield { type: "response.output_text.delta", ...place, delta, logprobs: [] };
    }
    yield { type: "response.output_text.done", ...place, text, logprobs: [] };
    yield { type: "response.content_part.done", ...place, part };
  }
}
