import { CodecError } from "../core/codec-error.ts";
import type { MediaSource } from "../core/content.ts";
import type { JsonPath } from "../core/json-path.ts";

/** The bytes of a `data:` URL, or the address of any other. */
export function parseMediaUrl(url: string, at: JsonPath): MediaSource {
  if (!/^data:/i.test(url)) return { kind: "url", url, mediaType: null };
  const comma = url.indexOf(",");
  const [mediaType = "", ...parameters] = url.slice(5, Math.max(comma, 5)).split(";");
  if (comma < 0 || !parameters.includes("base64")) {
    throw new CodecError(
      "invalid_request",
      at,
      "a data URL must be data:<media type>;base64,<data>",
    );
  }
  return {
    kind: "base64",
    mediaType: normaliseMediaType(mediaType, at),
    data: url.slice(comma + 1),
  };
}

function normaliseMediaType(text: string, at: JsonPath): string {
  const mediaType = text.toLowerCase();
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) {
    throw new CodecError("invalid_request", at, "a data URL must name its media type");
  }
  // Clients write it often; it isn't registered, and Anthropic and Bedrock refuse it.
  return mediaType === "image/jpg" ? "image/jpeg" : mediaType;
}
