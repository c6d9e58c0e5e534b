import type { Signature } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { parseSignature, writeSignature } from "../signatures.ts";
import { textIn } from "./proto-fields.ts";

/**
 * `thoughtSignature` is bytes, which Google's SDKs decode: another family's signature goes into base64 with its prefix.
 */
export function parseThoughtSignature(part: JsonObject): Signature | undefined {
  const text = textIn(part, "thoughtSignature");
  if (text === undefined || text === "") return undefined;
  const own: Signature = { family: "gemini", value: text };
  if (!text.startsWith(FOREIGN)) return own;
  const foreign = parseSignature(Buffer.from(text, "base64").toString("utf8"), "gemini");
  return foreign.family === "gemini" ? own : foreign;
}

export function writeThoughtSignature(signature: Signature | undefined): string | undefined {
  if (signature === undefined) return undefined;
  const text = writeSignature(signature, "gemini");
  return signature.family === "gemini" ? text : Buffer.from(text, "utf8").toString("base64");
}

/** What base64 makes of the prefix, as far as it is the same for every family. */
const FOREIGN = Buffer.from("crossbatch.").toString("base64").slice(0, 14);

/**
 * Gemini 3 answers 400 to a call without the signature that it gave; this stands for it where another model made the call.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const NO_SIGNATURE = "skip_thought_signature_validator";
