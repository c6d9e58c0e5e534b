import type { EmbeddingEncoding, EmbeddingInput } from "../../core/embeddings.ts";
import type { EmbeddingRequest } from "../../core/embeddings.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { ByType } from "./vectors.ts";

/** The text of an input, for models that embed nothing else. */
export function inputText(input: EmbeddingInput, model: string, context: WriteContext): string {
  switch (input.kind) {
    case "text":
      return input.text;
    case "tokens":
      throw context.untranslatable(input.at, "tokens can only be read by OpenAI's models");
    case "parts": {
      const texts = input.parts.map((part) => {
        if (part.kind === "text") return part.text;
        throw context.untranslatable(part.at, `${model} embeds only text here`);
      });
      return texts.join("\n");
    }
  }
}

/** The encodings to ask for; `base64` is made of floats when the answer is written. */
export function wantedTypes(
  { encodings }: EmbeddingRequest,
  known: readonly ByType[],
  context: WriteContext,
): readonly ByType[] {
  const types = new Set<ByType>();
  for (const encoding of encodings ?? []) {
    const type = typeOf(encoding);
    if (!known.includes(type)) {
      throw context.untranslatable("encodings", `the model has ${known.join(", ")}`);
    }
    types.add(type);
  }
  return [...types];
}

function typeOf(encoding: EmbeddingEncoding): ByType {
  return encoding === "base64" ? "float" : encoding;
}

/** A vector of another length would be of no use. */
export function checkDimensions(
  { dimensions }: EmbeddingRequest,
  known: readonly number[],
  context: WriteContext,
): void {
  if (dimensions === undefined || known.includes(dimensions)) return;
  throw context.untranslatable("dimensions", `the model has ${known.join(", ")}`);
}
