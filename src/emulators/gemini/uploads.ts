// https://ai.google.dev/gemini-api/docs/files and https://ai.google.dev/api/files#method:-media.upload

import type { Call, Reply, Route } from "./call.ts";
import { json, readJsonBody } from "./call.ts";
import type { FileRecord, FileWriter } from "./file-store.ts";
import type { FileHost } from "./files.ts";
import { originOf, renderFile } from "./files.ts";
import { newId } from "./new-id.ts";
import type { FilePlan } from "./new-file.ts";
import { checkSize, keepFile, planFile } from "./new-file.ts";
import { uploadMultipart, uploadRaw } from "./simple-uploads.ts";
import { invalidArgument, StatusError } from "./status-error.ts";

const UPLOAD_PATH = /^(?:\/resumable)?\/upload\/v1beta\/files$/;
const MAX_METADATA_BYTES = 64 * 1024;

/** An upload in several requests. Its id is the only credential of all but the first. */
interface Upload {
  readonly project: string;
  readonly plan: FilePlan;
  readonly writer: FileWriter;
  /** What the client announced; null if nothing. */
  readonly bytes: number | null;
  status: "active" | "final" | "cancelled";
  file: FileRecord | null;
  /** One request at a time. */
  turn: Promise<unknown>;
}

type Uploads = Map<string, Upload>;

export function uploadRoutes(host: FileHost): readonly Route[] {
  const uploads: Uploads = new Map();
  return [
    {
      method: "POST",
      pattern: UPLOAD_PATH,
      isOpen: (query) => query.has("upload_id"),
      answer: async (call) => {
        const id = call.query.get("upload_id");
        if (id !== null) return goOn(call, requireUpload(uploads, id), host);
        switch (protocolOf(call)) {
          case "resumable":
            return start(call, uploads, host);
          case "multipart":
            return uploadMultipart(call, host);
          case "raw":
            return uploadRaw(call, host);
          default:
            throw invalidArgument("The upload's protocol must be resumable, multipart or raw.");
        }
      },
    },
  ];
}

function protocolOf(call: Call): string {
  const named = headerOf(call, "x-goog-upload-protocol");
  if (named !== null) return named.toLowerCase();
  const type = call.query.get("uploadType");
  return type === "media" ? "raw" : (type ?? "");
}

function headerOf(call: Call, name: string): string | null {
  const value = call.request.headers[name];
  return typeof value === "string" ? value : null;
}

async function start(call: Call, uploads: Uploads, host: FileHost): Promise<Reply> {
  if (headerOf(call, "x-goog-upload-command")?.trim() !== "start") {
    throw invalidArgument("The first command of a resumable upload must be start.");
  }
  const body = await readJsonBody(call.request, MAX_METADATA_BYTES);
  const type = headerOf(call, "x-goog-upload-header-content-type");
  const plan = planFile(body, type, host);
  const announced = headerOf(call, "x-goog-upload-header-content-length");
  if (announced !== null && !/^\d{1,15}$/.test(announced)) {
    throw invalidArgument(`X-Goog-Upload-Header-Content-Length is '${announced}', not a length.`);
  }
  const bytes = announced === null ? plan.bytes : Number(announced);
  checkSize(bytes ?? 0, host);
  const id = newId(40);
  uploads.set(id, {
    project: call.project,
    plan,
    writer: host.store.write(),
    bytes,
    status: "active",
    file: null,
    turn: Promise.resolve(),
  });
  const url = `${originOf(call)}/upload/v1beta/files?upload_id=${id}&upload_protocol=resumable`;
  return json(
    {},
    {
      "x-goog-upload-status": "active",
      "x-goog-upload-url": url,
      "x-goog-upload-control-url": url,
      "x-goog-upload-chunk-granularity": String(host.limits.chunkBytes),
    },
  );
}

function requireUpload(uploads: Uploads, id: string): Upload {
  const upload = uploads.get(id);
  if (upload === undefined) throw new StatusError("NOT_FOUND", "There is no such upload.");
  return upload;
}

async function goOn(call: Call, upload: Upload, host: FileHost): Promise<Reply> {
  const turn = upload.turn.then(() => command(call, upload, host));
  upload.turn = turn.catch(() => undefined);
  return turn;
}

const COMMANDS = new Set(["upload", "finalize", "query", "cancel"]);

async function command(call: Call, upload: Upload, host: FileHost): Promise<Reply> {
  const given = headerOf(call, "x-goog-upload-command") ?? "";
  const commands = given.split(",").map((name) => name.trim().toLowerCase());
  const unknown = commands.find((name) => !COMMANDS.has(name));
  if (unknown !== undefined) throw invalidArgument(`There is no upload command '${unknown}'.`);
  if (commands.includes("query")) return answerQuery(call, upload);
  if (upload.status !== "active") {
    throw new StatusError("FAILED_PRECONDITION", `The upload is ${upload.status} already.`);
  }
  if (commands.includes("cancel")) {
    upload.status = "cancelled";
    await upload.writer.discard();
    return json({}, { "x-goog-upload-status": "cancelled" });
  }
  const isLast = commands.includes("finalize");
  if (commands.includes("upload")) await takeChunk(call, upload, { isLast, host });
  else call.request.resume();
  if (!isLast) return json({}, progressOf(upload));
  const received = upload.writer.bytes();
  if (upload.bytes !== null && received !== upload.bytes) {
    throw invalidArgument(`The upload was to have ${upload.bytes} bytes, and has ${received}.`);
  }
  const { plan, project } = upload;
  upload.file = await keepFile(upload.writer, { plan, project }, host);
  upload.status = "final";
  return answerFinal(call, upload.file);
}

function answerQuery(call: Call, upload: Upload): Reply {
  call.request.resume();
  if (upload.file !== null) return answerFinal(call, upload.file);
  return json({}, progressOf(upload));
}

function answerFinal(call: Call, file: FileRecord): Reply {
  const headers = {
    "x-goog-upload-status": "final",
    "x-goog-upload-size-received": String(file.bytes),
  };
  return json({ file: renderFile(file, originOf(call)) }, headers);
}

function progressOf(upload: Upload): Readonly<Record<string, string>> {
  return {
    "x-goog-upload-status": upload.status,
    "x-goog-upload-size-received": String(upload.writer.bytes()),
  };
}

async function takeChunk(
  call: Call,
  upload: Upload,
  place: { readonly isLast: boolean; readonly host: FileHost },
): Promise<void> {
  const { isLast, host } = place;
  const { writer } = upload;
  const before = writer.bytes();
  const offset = headerOf(call, "x-goog-upload-offset");
  if (offset === null || Number(offset) !== before || !/^\d+$/.test(offset)) {
    throw invalidArgument(
      `X-Goog-Upload-Offset is ${offset ?? "missing"}; ${before} bytes have been received.`,
    );
  }
  const length = Number(headerOf(call, "content-length") ?? Number.NaN);
  checkChunk(length, { isLast, host });
  const most = Math.min(upload.bytes ?? Number.POSITIVE_INFINITY, host.limits.fileBytes);
  // What has arrived stays, even if the connection breaks: the client asks how much it is, and goes on from there.
  for await (const chunk of call.request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (writer.bytes() + chunk.length > most) {
      throw invalidArgument(`The upload has more than the ${most} bytes that it may have.`);
    }
    await writer.write(chunk);
  }
  checkChunk(writer.bytes() - before, { isLast, host });
}

function checkChunk(
  length: number,
  place: { readonly isLast: boolean; readonly host: FileHost },
): void {
  const unit = place.host.limits.chunkBytes;
  if (place.isLast || Number.isNaN(length) || length % unit === 0) return;
  throw invalidArgument(
    `A chunk that isn't the last has ${length} bytes, which is not a multiple of ${unit}.`,
  );
}
