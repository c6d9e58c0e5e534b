import type { IncomingMessage } from "node:http";

/** Takes one part's bytes as they arrive. */
export interface PartSink {
  readonly write: (chunk: Buffer) => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

export interface PartHeader {
  readonly name: string;
  readonly filename: string | null;
  readonly contentType: string | null;
}

/** The body isn't the form that its header announces. */
export class MultipartError extends Error {
  override readonly name = "MultipartError";
}

const MAX_HEADER_BYTES = 16 * 1024;
const BLANK_LINE = Buffer.from("\r\n\r\n");

/** Reads a form without copying the bytes of its parts (RFC 7578). Rejects when the client goes away in the middle. */
export async function readMultipart(
  request: IncomingMessage,
  open: (part: PartHeader) => PartSink,
): Promise<void> {
  await readParts(request, "form-data", (header) => open(parsePartHeader(header)));
}

/** The same for parts without names, that are told apart by their order (RFC 2387). */
export async function readRelated(
  request: IncomingMessage,
  open: (contentType: string | null) => PartSink,
): Promise<void> {
  await readParts(request, "related", (header) => open(contentTypeIn(header)));
}

async function readParts(
  request: IncomingMessage,
  kind: "form-data" | "related",
  open: (header: string) => PartSink,
): Promise<void> {
  const reader = createReader(boundaryOf(request, kind), open);
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (Buffer.isBuffer(chunk)) await reader.push(chunk);
  }
  reader.finish();
}

function boundaryOf(request: IncomingMessage, kind: "form-data" | "related"): string {
  const type = request.headers["content-type"] ?? "";
  const match = /^multipart\/([\w-]+)\s*;.*\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    type,
  );
  const boundary = match?.[2] ?? match?.[3];
  if (boundary === undefined || match?.[1]?.toLowerCase() !== kind) {
    throw new MultipartError(`Invalid Content-Type header (${type}). Expected multipart/${kind}.`);
  }
  return boundary;
}

/** `delimiter`: the bytes after a boundary, that say whether another part follows. */
type State = "preamble" | "delimiter" | "header" | "body" | "epilogue";

function createReader(boundary: string, open: (header: string) => PartSink) {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let state: State = "preamble";
  // The first boundary has no line end before it, so one is lent to it.
  let held: Buffer = Buffer.from("\r\n");
  let sink: PartSink | null = null;

  const step = async (data: Buffer): Promise<Buffer | null> => {
    switch (state) {
      case "preamble":
      case "body": {
        const found = data.indexOf(delimiter);
        const end = found === -1 ? data.length - heldBytes(data, delimiter) : found;
        if (sink !== null && end > 0) await sink.write(data.subarray(0, end));
        if (found === -1) {
          held = data.subarray(end);
          return null;
        }
        await sink?.end();
        sink = null;
        state = "delimiter";
        return data.subarray(found + delimiter.length);
      }
      case "delimiter": {
        if (data.toString("latin1", 0, 2) === "--") {
          state = "epilogue";
          return null;
        }
        const lineEnd = data.indexOf("\r\n");
        if (lineEnd === -1) return hold(data);
        // The line end stays: a part without any header has its blank line right here.
        state = "header";
        return data.subarray(lineEnd);
      }
      case "header": {
        const end = data.indexOf(BLANK_LINE);
        if (end === -1) return hold(data);
        sink = open(data.toString("utf8", 0, end));
        state = "body";
        return data.subarray(end + BLANK_LINE.length);
      }
      case "epilogue":
        return null;
    }
  };
  const hold = (data: Buffer): null => {
    if (data.length > MAX_HEADER_BYTES) throw new MultipartError("A part's header is too long.");
    held = data;
    return null;
  };

  return {
    push: async (chunk: Buffer) => {
      let data: Buffer | null = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      held = Buffer.alloc(0);
      while (data !== null && data.length > 0) data = await step(data);
    },
    finish: () => {
      if (state !== "epilogue") throw new MultipartError("The form ends before its last boundary.");
    },
  };
}

/** How many of the last bytes may be the beginning of a delimiter that goes on in the next chunk. */
function heldBytes(data: Buffer, delimiter: Buffer): number {
  let start = data.indexOf("\r", Math.max(0, data.length - delimiter.length + 1));
  while (start !== -1) {
    const length = data.length - start;
    if (delimiter.compare(data, start, data.length, 0, length) === 0) return length;
    start = data.indexOf("\r", start + 1);
  }
  return 0;
}

function parsePartHeader(header: string): PartHeader {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(header)?.[1];
  const name = /;\s*name="([^"]*)"/i.exec(disposition ?? "")?.[1];
  if (name === undefined) throw new MultipartError("A part of the form has no name.");
  const filename = /;\s*filename="([^"]*)"/i.exec(disposition ?? "")?.[1];
  return {
    name: unescape(name),
    filename: filename === undefined ? null : unescape(filename),
    contentType: contentTypeIn(header),
  };
}

function contentTypeIn(header: string): string | null {
  return /^content-type:\s*(.+?)\s*$/im.exec(header)?.[1] ?? null;
}

/** Clients write these three percent-encoded, and nothing else. */
function unescape(value: string): string {
  return value.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}
