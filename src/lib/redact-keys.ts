const REDACTED = "[redacted]";

/** What keys look like, also where someone has already put stars into them. */
const KEY_SHAPES: readonly RegExp[] = [
  /\b(?:sk|rk|pk|sess|gsk|xai|hf|nvapi|key|r8|glpat)[-_][\w*.-]{6,}/gi,
  /\bAIza[\w*-]{6,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9*]{8,}/g,
  /\beyJ[\w-]{10,}(?:\.[\w-]+)*/g,
  /[\w.-]*\*{3,}[\w.*-]*/g,
];

/** After these words comes a key, whatever it looks like. */
const KEY_FOLLOWS = /\b(bearer\s+|api[ _-]?keys?(?:\s+provided)?\s*[:=]\s*["'`]?)([^\s"'`,;]+)/gi;

/** A text that isn't ours, without the given secret and without anything that looks like a key. */
export function redactKeys(text: string, secret: string | null): string {
  let redacted = secret === null ? text : withoutSecret(text, secret);
  redacted = redacted.replaceAll(KEY_FOLLOWS, `$1${REDACTED}`);
  for (const shape of KEY_SHAPES) redacted = redacted.replaceAll(shape, REDACTED);
  return redacted;
}

/** A short one may be part of common words (a dummy key `x`), so it must stand alone. */
function withoutSecret(text: string, secret: string): string {
  if (secret.length === 0) return text;
  if (secret.length >= 8) return text.replaceAll(secret, () => REDACTED);
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  return text.replaceAll(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, "g"), REDACTED);
}
