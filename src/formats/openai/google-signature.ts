import type { Signature } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { parseSignature, writeSignature } from "../signatures.ts";
import { objectIn, stringIn } from "../open-values.ts";

/**
 * `extra_content.google.thought_signature`: where Google's own OpenAI-compatible endpoint carries the signature of a tool
 * call. We also put the signature of a text there, at its message.
 */
export function parseGoogleSignature(holder: JsonObject): Signature | undefined {
  const extra = objectIn(holder, "extra_content");
  const google = extra === undefined ? undefined : objectIn(extra, "google");
  const text = google === undefined ? undefined : stringIn(google, "thought_signature");
  return text === undefined ? undefined : parseSignature(text, "gemini");
}

/** The value of `extra_content`. */
export function writeGoogleSignature(signature: Signature | undefined): JsonObject | undefined {
  if (signature === undefined) return undefined;
  return { google: { thought_signature: writeSignature(signature, "gemini") } };
}
