// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

export interface ServerEvent {
  /** Null where the stream names none. */
  readonly event: string | null;
  readonly data: string;
}

/** A stream that never ends an event must not fill the memory. */
const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

/** The events of a `text/event-stream`, in order. One that its blank line doesn't end is left out, as the standard says. */
export async function* parseServerEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent> {
  // It takes off a BOM, and keeps the first bytes of a character whose rest is in the next chunk.
  const decoder = new TextDecoder();
  const cut = createLineCutter();
  let event: string | null = null;
  let data: string | null = null;
  for await (const chunk of chunks) {
    for (const line of cut(decoder.decode(chunk, { stream: true }))) {
      if (line === "") {
        if (data !== null) yield { event, data };
        event = null;
        data = null;
        continue;
      }
      const [name, value] = splitField(line);
      if (name === "event") event = value === "" ? null : value;
      if (name !== "data") continue;
      data = data === null ? value : `${data}\n${value}`;
      checkLength(data);
    }
  }
}

/** Lines end with CRLF, LF or CR, whose two halves may come in two chunks. */
function createLineCutter(): (text: string) => Generator<string> {
  let pending = "";
  let isAfterReturn = false;
  return function* cut(text) {
    if (text === "") return;
    let start = isAfterReturn && text.startsWith("\n") ? 1 : 0;
    isAfterReturn = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      yield pending + text.slice(start, end.index);
      pending = "";
      start = ends.lastIndex;
    }
    pending += text.slice(start);
    checkLength(pending);
  };
}

/** A comment has no name: it begins with the colon. */
function splitField(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  const start = line[colon + 1] === " " ? colon + 2 : colon + 1;
  return [line.slice(0, colon), line.slice(start)];
}

function checkLength(text: string): void {
  if (text.length <= MAX_EVENT_CHARACTERS) return;
  throw new Error(`a server-sent event is longer than ${MAX_EVENT_CHARACTERS} characters`);
}
