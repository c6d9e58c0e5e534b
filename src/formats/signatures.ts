import type { Signature } from "../core/content.ts";
import type { FormatName } from "../core/format-name.ts";

/**
 * A signature in another family's body is written `crossbatch.gemini.<value>`, so that a client that replays the
 * conversation brings it back to the family that made it. No provider's own signature begins like this: they are base64.
 */
const PREFIX = /^crossbatch\.(openai|anthropic|gemini|bedrock)\./;

/** `family`: whose signature it is if it doesn't say. */
export function parseSignature(text: string, family: FormatName): Signature {
  const name = PREFIX.exec(text)?.[1];
  const owner = FAMILIES.find((candidate) => candidate === name);
  return owner === undefined
    ? { family, value: text }
    : { family: owner, value: text.slice(`crossbatch.${owner}.`.length) };
}

/** `family`: whose body it is written into. */
export function writeSignature(signature: Signature, family: FormatName): string {
  return signature.family === family
    ? signature.value
    : `crossbatch.${signature.family}.${signature.value}`;
}

const FAMILIES: readonly FormatName[] = ["openai", "anthropic", "gemini", "bedrock"];
