import { hash } from "node:crypto";
import type { BedrockModel } from "./model-family.ts";

/**
 * Bedrock takes 1 to 64 characters as the id of a call, and the models behind it only letters, digits, _ and -. Every other character
 * is written as its number, so that the call and its result still find each other.
 */
export function writeToolId(id: string, model: BedrockModel | null): string {
  if (model !== null && model.name.startsWith("mistral.")) return mistralId(id);
  if (VALID.test(id)) return id;
  const written = id
    .slice(0, MAX_LENGTH)
    .replaceAll(/[^a-zA-Z0-9_-]/g, (sign) => `_${codeOf(sign)}_`);
  return id.length <= MAX_LENGTH && VALID.test(written) ? written : `call_${digest(id, 32)}`;
}

const MAX_LENGTH = 64;
const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

/** Mistral's models take nine letters and digits. */
function mistralId(id: string): string {
  return /^[a-zA-Z0-9]{9}$/.test(id) ? id : digest(id, 9);
}

function digest(id: string, length: number): string {
  return hash("sha256", id).slice(0, length);
}

function codeOf(sign: string): string {
  return sign.charCodeAt(0).toString(16);
}
