import type { EmbeddingRequest } from "../core/embeddings.ts";

/** As many requests as it takes where one has at most `maxInputs` inputs. */
export function splitEmbeddings(
  request: EmbeddingRequest,
  maxInputs: number,
): readonly EmbeddingRequest[] {
  const { inputs } = request;
  if (inputs.length <= maxInputs) return [request];
  const pieces: EmbeddingRequest[] = [];
  for (let start = 0; start < inputs.length; start += maxInputs) {
    pieces.push({ ...request, inputs: inputs.slice(start, start + maxInputs) });
  }
  return pieces;
}
