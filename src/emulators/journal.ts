import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface JournalEntry {
  /** Counts from 1 since the start or the last `clearJournal`. */
  readonly number: number;
  /** By the emulator's clock. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Repeated headers are joined. Credentials are shown as a digest and their last four characters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body that have arrived. */
  readonly bytes: number;
  /** The text of a JSON, XML or form body of at most 64 KiB; else null. */
  readonly body: string | null;
  /** Null while the answer is open, and where the client never got one. */
  readonly status: number | null;
  /** The kind of fault that was played, if one was. */
  readonly fault: string | null;
}

export interface Journal {
  readonly entries: () => readonly JournalEntry[];
  readonly clear: () => void;
  readonly record: (request: IncomingMessage) => OpenEntry;
}

export interface OpenEntry {
  readonly fault: (kind: string) => void;
  readonly answered: (status: number) => void;
}

const MAX_ENTRIES = 20_000;
/** Of all bodies together: whoever sends many large ones finds the older half of the journal gone. */
const MAX_KEPT_CHARACTERS = 32 * 1024 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const READABLE = /json|xml|x-www-form-urlencoded/;
const CREDENTIALS = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-amz-security-token",
]);

type Draft = { -readonly [Key in keyof JournalEntry]: JournalEntry[Key] };

export function createJournal(now: () => number): Journal {
  let entries: Draft[] = [];
  let count = 0;
  let kept = 0;
  return {
    entries: () => entries.map((entry) => ({ ...entry })),
    clear: () => {
      entries = [];
      count = 0;
      kept = 0;
    },
    record: (request) => {
      count += 1;
      const entry = draft(request, { number: count, time: now() });
      entries.push(entry);
      if (entries.length > MAX_ENTRIES || kept > MAX_KEPT_CHARACTERS) {
        entries = entries.slice(-Math.ceil(entries.length / 2));
        kept = entries.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
      }
      watchBody(request, entry, (characters) => {
        kept += characters;
      });
      return {
        fault: (kind) => {
          entry.fault = kind;
        },
        answered: (status) => {
          entry.status = status;
        },
      };
    },
  };
}

function draft(request: IncomingMessage, place: { number: number; time: number }): Draft {
  const url = request.url ?? "";
  const mark = url.indexOf("?");
  return {
    ...place,
    method: request.method ?? "",
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1).replace(/(^|&)(key=)[^&]*/g, "$1$2…"),
    headers: safeHeaders(request),
    bytes: 0,
    body: null,
    status: null,
    fault: null,
  };
}

function safeHeaders(request: IncomingMessage): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined) continue;
    const text = typeof value === "string" ? value : value.join(", ");
    shown[name] = CREDENTIALS.has(name) ? disguise(text) : text;
  }
  return shown;
}

function disguise(credential: string): string {
  const digest = createHash("sha256").update(credential).digest("hex").slice(0, 12);
  return `sha256:${digest}…${credential.slice(-4)}`;
}

/** Counts where the parser hands chunks over: a `data` listener would start the flow before the handler is ready for it. */
function watchBody(
  request: IncomingMessage,
  entry: Draft,
  kept: (characters: number) => void,
): void {
  const readable = READABLE.test(request.headers["content-type"] ?? "");
  const chunks: Uint8Array[] = [];
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) {
      entry.bytes += chunk.length;
      if (readable && entry.bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    } else if (chunk === null && readable && entry.bytes > 0 && entry.bytes <= MAX_BODY_BYTES) {
      entry.body = Buffer.concat(chunks).toString("utf8");
      kept(entry.body.length);
    }
    return push(chunk, encoding);
  };
}
