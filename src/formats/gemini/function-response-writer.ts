import type { ToolResultContent, ToolResultPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { hasError } from "./function-parts.ts";
import { generationOf } from "./models.ts";
import { writeMedia, warnOfDocument } from "./media-writer.ts";
import type { WriteScope } from "./write-scope.ts";

export interface WrittenResult {
  readonly part: JsonObject;
  /** What older models only take beside the result, after all of the turn's results. */
  readonly media: readonly JsonObject[];
}

/** wire.md F.3: text is wrapped, so that what looks like JSON stays the text that it is. */
export function writeFunctionResponse(
  result: ToolResultPart,
  callNames: ReadonlyMap<string, string>,
  scope: WriteScope,
): WrittenResult {
  const name = result.name ?? callNames.get(result.callId);
  if (name === undefined) {
    const id = JSON.stringify(result.callId.slice(0, 80));
    throw scope.context.untranslatable(
      result.at,
      `Gemini wants the name of the function, and there is no earlier call with the id ${id}`,
    );
  }
  const open: OpenResult = { texts: [], values: [], inside: [], beside: [] };
  for (const part of result.content) addContent(open, part, scope);
  const response = {
    id: result.callId,
    name,
    response: writeResponse(open, result.isError),
    parts: open.inside.length === 0 ? undefined : open.inside,
    ...scope.own.at(result.at, "functionResponse"),
  };
  return {
    part: { functionResponse: response, ...scope.own.at(result.at) },
    media: open.beside,
  };
}

interface OpenResult {
  readonly texts: string[];
  readonly values: Json[];
  readonly inside: JsonObject[];
  readonly beside: JsonObject[];
}

function addContent(open: OpenResult, part: ToolResultContent, scope: WriteScope): void {
  const { context, isOwn } = scope;
  switch (part.kind) {
    case "text":
      open.texts.push(part.text);
      return;
    case "json":
      open.values.push(part.value);
      return;
    case "image":
    case "document":
    case "audio":
    case "video": {
      if (part.kind === "document") warnOfDocument(part, context);
      const written = writeMedia(part, scope);
      if (written.kind === "problem") throw context.untranslatable(part.at, written.problem);
      // From Gemini 3 on a result may hold bytes itself, though no addresses.
      const fits = isOwn || (generationOf(context.model) ?? 0) >= 3;
      const isInside = fits && written.data["inlineData"] !== undefined;
      (isInside ? open.inside : open.beside).push({ ...written.data, ...scope.own.at(part.at) });
      return;
    }
    case "native":
      if (part.family !== "gemini" || !isJsonObject(part.value)) {
        throw context.untranslatable(part.at, `Gemini has no part "${part.type}"`);
      }
      open.inside.push(part.value);
  }
}

/** Google's own words for what came out, and for what went wrong. */
function writeResponse({ texts, values }: OpenResult, isError: boolean): JsonObject {
  const key = isError ? "error" : "result";
  if (values.length === 0) return { [key]: texts.join("\n") };
  if (values.length > 1 || texts.length > 0) return { [key]: [...texts, ...values] };
  const [value] = values;
  // What stands alone is the whole response, unless it would say the opposite.
  const isWhole = isJsonObject(value) && hasError(value) === isError;
  return isWhole ? value : { [key]: value };
}
