import { redactKeys } from "../lib/redact-keys.ts";

/** Takes secrets out: configured ones, keys that clients brought, fields that hold secrets, and whatever looks like a key. */
export interface Redactor {
  /** A key that a client sent. Only the latest are remembered, and only what can't be taken for a word. */
  remember(key: string): void;
  redactText(text: string): string;
  /** A copy without secrets, at any depth, in keys of objects too. */
  redact(value: unknown): unknown;
  /** Whether a line of JSON is sure to hold nothing that `redact` would take out: nearly all are, and it is far quicker. */
  isClean(line: string): boolean;
}

const REDACTED = "[redacted]";
const REMEMBERED_KEYS = 64;

const SECRET_FIELD_IN_LINE =
  /authorization|cookie|password|passphrase|secret|credential|api[_-]?key|token"/i;

/** `max_tokens` and `input_tokens` are no secrets. */
const SECRET_FIELD =
  /authorization|cookie|password|passphrase|secret|credential|api[_-]?key|token$/i;

export function createRedactor(secrets: readonly string[]): Redactor {
  const configured = [...new Set(secrets.flatMap(spellings))].filter((secret) => secret !== "");
  const inLines = [...new Set(configured.flatMap((secret) => [secret, escaped(secret)]))];
  const recent = new Set<string>();

  function redactText(text: string): string {
    let rest = text;
    for (const secret of configured) {
      if (rest.includes(secret)) rest = redactKeys(rest, secret);
    }
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
    isClean: (line) =>
      !SECRET_FIELD_IN_LINE.test(line) &&
      !inLines.some((secret) => line.includes(secret)) &&
      ![...recent].some((key) => line.includes(key)) &&
      redactKeys(line, null) === line,
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

/** As it looks inside a text of a line of JSON. */
function escaped(secret: string): string {
  return JSON.stringify(secret).slice(1, -1);
}
