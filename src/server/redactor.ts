import { redactKeys } from "../lib/redact-keys.ts";

/** Takes secrets out: configured ones, keys that clients brought, fields that hold secrets, and whatever looks like a key. */
export interface Redactor {
  /** A key that a client sent. Only the latest are remembered, and only what can't be taken for a word. */
  remember(key: string): void;
  redactText(text: string): string;
  /** A copy without secrets, at any depth, in keys of objects too. */
  redact(value: unknown): unknown;
}

const REDACTED = "[redacted]";
const REMEMBERED_KEYS = 256;

/** `max_tokens` and `input_tokens` are no secrets. */
const SECRET_FIELD =
  /authorization|cookie|password|passphrase|secret|credential|api[_-]?key|token$/i;

export function createRedactor(secrets: readonly string[]): Redactor {
  const configured = [...new Set(secrets.flatMap(spellings))].filter((secret) => secret !== "");
  const recent = new Set<string>();

  function redactText(text: string): string {
    let rest = text;
    for (const secret of configured) rest = redactKeys(rest, secret);
    for (const key of recent) rest = rest.replaceAll(key, REDACTED);
    return redactKeys(rest, null);
  }

  function redact(value: unknown): unknown {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        redactText(name),
        SECRET_FIELD.test(name) && item !== null ? REDACTED : redact(item),
      ]),
    );
  }

  return {
    remember(key) {
      if (!isUnmistakable(key) || configured.includes(key)) return;
      recent.delete(key);
      recent.add(key);
      const [oldest] = recent;
      if (recent.size > REMEMBERED_KEYS && oldest !== undefined) recent.delete(oldest);
    },
    redactText,
    redact,
  };
}

/** A client must not be able to blot out our own words by sending them as its key. */
function isUnmistakable(key: string): boolean {
  return key.length >= 12 && key.length <= 1024 && /\d/.test(key) && /^[\w.~+/=:-]+$/.test(key);
}

/** Also as it looks inside an address. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret)];
}
