import type { EmbeddingInput } from "../../core/embeddings.ts";
import type { UserPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { inputText } from "./embedding-request.ts";

/** `texts`; else `images`, where each is one picture and nothing else; else, from version 4 on, `inputs` of both. */
export function writeInputs(
  inputs: readonly EmbeddingInput[],
  hasMixedInputs: boolean,
  context: WriteContext,
): JsonObject {
  if (!inputs.some(holdsImage)) {
    return { texts: inputs.map((input) => inputText(input, "Cohere", context)) };
  }
  if (!hasMixedInputs) return { images: inputs.map((input) => onlyImage(input, context)) };
  return { inputs: inputs.map((input) => ({ content: contentOf(input, context) })) };
}

function holdsImage(input: EmbeddingInput): boolean {
  return input.kind === "parts" && input.parts.some((part) => part.kind === "image");
}

function onlyImage(input: EmbeddingInput, context: WriteContext): string {
  const [part, ...others] = input.kind === "parts" ? input.parts : [];
  if (part === undefined || others.length > 0) {
    throw context.untranslatable(input.at, "Cohere Embed 3 takes images without text, or text");
  }
  return imageUrl(part, context);
}

function contentOf(input: EmbeddingInput, context: WriteContext): JsonObject[] {
  if (input.kind !== "parts") {
    return [{ type: "text", text: inputText(input, "Cohere", context) }];
  }
  return input.parts.map((part) =>
    part.kind === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: imageUrl(part, context) },
  );
}

function imageUrl(part: UserPart, context: WriteContext): string {
  if (part.kind === "image" && part.source.kind === "base64") {
    return `data:${part.source.mediaType};base64,${part.source.data}`;
  }
  throw context.untranslatable(part.at, "Cohere embeds text, and images given as base64");
}
