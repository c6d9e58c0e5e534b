import type { AssistantPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { readOptionalString, readString, toObject } from "../fields.ts";
import { type MessageScope, parseContent, parseImage } from "./chat-parts.ts";
import { parseThoughts } from "./chat-thoughts.ts";
import { parseToolCalls } from "./chat-tool-calls.ts";
import { parseGoogleSignature } from "./google-signature.ts";
import { arrayIn, objectIn, stringIn } from "../open-values.ts";

/** What an assistant said, in a request or in a choice of a response: thinking first, calls last. */
export function parseAssistantParts(
  message: JsonObject,
  at: JsonPath,
  scope: MessageScope,
): AssistantPart[] {
  const refusal = readOptionalString(message, "refusal", at);
  return [
    ...parseThoughts(message, at, scope),
    ...parseSaid(message, at, scope),
    ...(refusal === undefined
      ? []
      : [{ kind: "refusal", text: refusal, at: childPath(at, "refusal") } as const]),
    ...parseAudio(message, at),
    ...parseImages(message, at, scope),
    ...parseToolCalls(message, at, scope),
  ];
}

function parseSaid(message: JsonObject, at: JsonPath, scope: MessageScope): AssistantPart[] {
  const { content } = message;
  if (content === undefined || content === null) return [];
  const contentAt = childPath(at, "content");
  const parts = parseContent(content, contentAt, scope).map((part): AssistantPart => {
    if (part.kind !== "native" || part.type !== "refusal") return part;
    const text = readString(toObject(part.value, part.at), "refusal", part.at);
    return { kind: "refusal", text, at: part.at };
  });
  const signature = parseGoogleSignature(message);
  if (signature === undefined) return parts;
  const index = parts.findLastIndex((part) => part.kind === "text");
  return parts.map((part, at) =>
    at === index && part.kind === "text" ? { ...part, signature } : part,
  );
}

/** Spoken answers have their text beside them; the sound itself, or the id of an earlier one, is OpenAI's alone. */
function parseAudio(message: JsonObject, at: JsonPath): AssistantPart[] {
  const audio = objectIn(message, "audio");
  if (audio === undefined) return [];
  const audioAt = childPath(at, "audio");
  const transcript = stringIn(audio, "transcript");
  const isSaid = typeof message["content"] === "string" && message["content"] !== "";
  return [
    ...(transcript === undefined || isSaid
      ? []
      : [{ kind: "text", text: transcript, at: childPath(audioAt, "transcript") } as const]),
    { kind: "native", family: "openai", type: "audio", value: audio, at: audioAt },
  ];
}

/**
 * Not OpenAI's own: how models' images come out of compatible hosts and of our writer. What isn't such an image is an extra:
 * there are no rules for it.
 */
function parseImages(message: JsonObject, at: JsonPath, scope: MessageScope): AssistantPart[] {
  const imagesAt = childPath(at, "images");
  return arrayIn(message, "images").flatMap((value, index): AssistantPart[] => {
    const imageAt = childPath(imagesAt, index);
    if (isJsonObject(value) && typeof objectIn(value, "image_url")?.["url"] === "string") {
      return [parseImage(value, imageAt, scope)];
    }
    scope.extras.push({ path: imageAt, value, isEssential: false });
    return [];
  });
}
