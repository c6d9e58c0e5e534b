import type { Readable } from "node:stream";

export interface MultipartForm {
  /** Sent before the file, in this order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly file: {
    readonly name: string;
    readonly filename: string;
    readonly mimeType: string;
    readonly bytes: number;
    open(signal: AbortSignal): Promise<Readable>;
  };
  /** Must occur nowhere in the content: long and random. */
  readonly boundary: string;
}

export interface MultipartBody {
  readonly contentType: string;
  /** Known before anything is read, so that it can be said in Content-Length. */
  readonly bytes: number;
  /** One pass over the file, one chunk at a time. May be called again. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A `multipart/form-data` body (RFC 7578) whose one file is streamed. */
export function createMultipartBody({ fields, file, boundary }: MultipartForm): MultipartBody {
  const parts = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"\r\n\r\n${value}\r\n`,
  );
  const disposition = `form-data; name="${quote(file.name)}"; filename="${quote(file.filename)}"`;
  parts.push(
    `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${mediaType(file.mimeType)}\r\n\r\n`,
  );
  const preamble = Buffer.from(parts.join(""));
  const epilogue = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: preamble.length + file.bytes + epilogue.length,
    async *open(signal) {
      const content = await file.open(signal);
      yield preamble;
      yield* content;
      yield epilogue;
    },
  };
}

/** As browsers and SDKs write names: UTF-8 as it is, and only these three encoded (HTML's multipart/form-data encoding). */
function quote(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** Anything else could end the header line and begin another. */
function mediaType(mimeType: string): string {
  return /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/.test(mimeType)
    ? mimeType
    : "application/octet-stream";
}
