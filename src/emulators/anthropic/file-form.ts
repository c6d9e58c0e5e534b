import type { IncomingMessage } from "node:http";
import type { PartSink } from "../multipart.ts";
import { MultipartError, readMultipart } from "../multipart.ts";
import { badRequest, tooLarge } from "./api-error.ts";
import type { DiskWriter } from "../disk-writer.ts";
import type { Spool } from "./spool.ts";

/** An upload: the file on disk, and the fields beside it. */
export interface FileForm {
  readonly writer: DiskWriter;
  readonly filename: string;
  readonly mimeType: string;
  readonly fields: ReadonlyMap<string, string>;
}

const MAX_FIELD_BYTES = 64 * 1024;
const UNKNOWN_TYPE = "application/octet-stream";

/** The field may come before the file or after it. */
export async function readFileForm(
  request: IncomingMessage,
  host: { readonly spool: Spool; readonly maxBytes: number },
): Promise<FileForm> {
  let writer: DiskWriter | null = null;
  let filename = "";
  let mimeType = UNKNOWN_TYPE;
  const fields = new Map<string, string>();
  try {
    await readMultipart(request, (part) => {
      if (part.name !== "file") return collectField(part.name, fields);
      if (writer !== null) throw badRequest("file: Only one file can be uploaded at a time");
      if (part.filename === null) throw badRequest("file: Expected a file with a filename");
      checkFilename(part.filename);
      filename = part.filename;
      mimeType = part.contentType ?? UNKNOWN_TYPE;
      writer = host.spool.write();
      return limitedSink(writer, host.maxBytes);
    });
    return { writer: required(writer), filename, mimeType, fields };
  } catch (error) {
    await discard(writer);
    throw error instanceof MultipartError ? badRequest(error.message) : error;
  }
}

function required(writer: DiskWriter | null): DiskWriter {
  if (writer === null) throw badRequest("file: Field required");
  return writer;
}

async function discard(writer: DiskWriter | null): Promise<void> {
  await writer?.discard();
}

/** https://docs.claude.com/en/docs/build-with-claude/files: what a name must not have in it. */
function checkFilename(filename: string): void {
  if (filename.length < 1 || filename.length > 255) {
    throw badRequest("file: Filename must have 1 to 255 characters");
  }
  // oxlint-disable-next-line no-control-regex -- control characters are just what is looked for.
  if (/[<>:"|?*\\/\u0000-\u001f]/.test(filename)) {
    throw badRequest(
      'file: Filename must not contain any of < > : " | ? * \\ / or control characters',
    );
  }
}

function limitedSink(writer: DiskWriter, maxBytes: number): PartSink {
  return {
    write: (chunk) => {
      if (writer.bytes() + chunk.length > maxBytes) throw tooLarge();
      return writer.write(chunk);
    },
    end: writer.end,
  };
}

function collectField(name: string, fields: Map<string, string>): PartSink {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    write: (chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_FIELD_BYTES) throw badRequest(`${name}: Field is too long`);
      chunks.push(Buffer.from(chunk));
    },
    end: () => {
      if (fields.has(name)) throw badRequest(`${name}: Field may be given only once`);
      fields.set(name, Buffer.concat(chunks).toString("utf8"));
    },
  };
}
