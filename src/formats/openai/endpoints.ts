import { CodecError } from "../../core/codec-error.ts";
import type { Json } from "../../core/json.ts";
import type { Endpoint } from "../../core/lines.ts";

/** Azure's older API leaves the version out. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ["/v1/chat/completions", "chat"],
  ["/chat/completions", "chat"],
  ["/v1/responses", "responses"],
  ["/responses", "responses"],
  ["/v1/embeddings", "embeddings"],
  ["/embeddings", "embeddings"],
]);

const URLS = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
  embeddings: "/v1/embeddings",
} as const;

/** The `url` of a line. */
export function parseEndpoint(url: Json | undefined): Endpoint {
  if (typeof url === "string") {
    const endpoint = ENDPOINTS.get(url);
    if (endpoint !== undefined) return endpoint;
    if (isPath(url)) return url;
  }
  throw new CodecError("invalid_request", "url", `must be a path such as ${URLS.chat}`);
}

export function writeEndpoint(endpoint: Endpoint): string {
  return isPath(endpoint) ? endpoint : URLS[endpoint];
}

function isPath(text: string): text is `/${string}` {
  return text.startsWith("/");
}
