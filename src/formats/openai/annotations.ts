import type { NativePart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { isJsonArray } from "../fields.ts";
import { apiOf } from "./api-origin.ts";
import { objectIn } from "../open-values.ts";

/**
 * Citations of web pages: both APIs have them, chat in an object of their own and counted over the whole message, Responses flat
 * and counted over one text. Those of files are only known to Responses.
 */
export function chatAnnotations(part: NativePart, texts: readonly string[]): JsonObject[] {
  const annotations = listOf(part.value);
  if (apiOf(part.at) === "chat") return annotations;
  // A text's annotations come right behind it.
  const start = texts.slice(0, -1).reduce((sum, text) => sum + text.length, 0);
  return annotations.flatMap((annotation) => {
    if (annotation["type"] !== "url_citation") return [];
    const { url, title, start_index: from, end_index: to } = annotation;
    return [
      {
        type: "url_citation",
        url_citation: { url, title, start_index: moved(from, start), end_index: moved(to, start) },
      },
    ];
  });
}

export function responseAnnotations(part: NativePart): JsonObject[] {
  const annotations = listOf(part.value);
  if (apiOf(part.at) === "responses") return annotations;
  return annotations.flatMap((annotation) => {
    const citation = objectIn(annotation, "url_citation");
    if (citation === undefined) return [];
    const { url, title, start_index, end_index } = citation;
    return [{ type: "url_citation", url, title, start_index, end_index }];
  });
}

function listOf(value: Json): JsonObject[] {
  return isJsonArray(value) ? value.filter((item) => isJsonObject(item)) : [];
}

function moved(index: Json | undefined, by: number): Json | undefined {
  return typeof index === "number" ? index + by : index;
}
