import type { Format } from "../core/format.ts";

/** What is translated, and what kind of body each has. */
const TRANSLATED = {
  "/v1/chat/completions": "chat",
  "/v1/responses": "chat",
  "/v1/embeddings": "embeddings",
} as const;

/** Whether a batch for an endpoint may be for a format at all. OpenAI's own other endpoints only go to OpenAI's. */
export function hasEndpoint(format: Format, endpoint: string): boolean {
  return format.name === "openai" || endpointsOf(format).includes(endpoint);
}

export function endpointsOf({ bodies }: Format): readonly string[] {
  return Object.entries(TRANSLATED)
    .filter(([, kind]) => bodies.some((body) => body.kind === kind))
    .map(([endpoint]) => endpoint);
}
