import type { ChatRequest } from "../../core/chat-request.ts";
import type { ImagePart } from "../../core/content.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";

type Detail = NonNullable<ImagePart["detail"]>;

export const DETAIL_LEVELS: ReadonlyMap<Detail, string> = new Map([
  ["low", "MEDIA_RESOLUTION_LOW"],
  ["high", "MEDIA_RESOLUTION_HIGH"],
  ["original", "MEDIA_RESOLUTION_ULTRA_HIGH"],
]);

/**
 * `generationConfig.mediaResolution`: Gemini looks at all of a request's media equally closely, so a detail can only be said
 * where all of them are images with that detail. (wire.md F.2)
 */
export function writeMediaResolution(
  request: ChatRequest,
  context: WriteContext,
): string | undefined {
  if (request.family === "gemini") return undefined;
  const seen = new Set<Detail | "other">();
  const detailed: ImagePart[] = [];
  for (const { parts } of request.messages) {
    for (const part of parts) {
      if (part.kind === "image") {
        const detail = part.detail ?? "auto";
        seen.add(detail);
        if (detail !== "auto") detailed.push(part);
      } else if (part.kind === "video" || part.kind === "document") seen.add("other");
    }
  }
  const [detail] = seen;
  if (seen.size === 1 && (detail === "low" || detail === "high")) return DETAIL_LEVELS.get(detail);
  for (const part of detailed) {
    context.warn(childPath(part.at, "detail"), "Gemini looks at all of a request equally closely");
  }
  return undefined;
}
