// https://platform.openai.com/docs/api-reference/uploads

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { MultipartError, readMultipart } from "../multipart.ts";
import { badRequest, notFound } from "./api-error.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, readJsonBody } from "./call.ts";
import type { DiskWriter } from "../disk-writer.ts";
import type { FileRecord } from "./file-store.ts";
import { appendFrom } from "./file-store.ts";
import type { FileHost } from "./files.ts";
import { checkFilePurpose, expiryOf, limitSink, renderFile } from "./files.ts";
import type { JsonObject } from "../json.ts";
import { isJsonArray, isJsonObject, numberOf, shown } from "../json.ts";
import type { OpenAILimits } from "./limits.ts";
import { newId } from "./new-id.ts";
import type { Rule, Rules } from "./parameters.ts";
import {
  checkParameters,
  integer,
  list,
  missingParameter,
  oneOf,
  record,
  text,
} from "./parameters.ts";

const UPLOAD_PURPOSES = ["assistants", "batch", "fine-tune", "vision"];

interface Part {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
}

interface Upload {
  readonly id: string;
  readonly project: string;
  readonly bytes: number;
  readonly filename: string;
  readonly purpose: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly fileSeconds: number | null;
  readonly parts: Map<string, Part>;
  status: "pending" | "completing" | "completed" | "cancelled" | "expired";
  file: FileRecord | null;
}

type Uploads = Map<string, Upload>;

export function uploadRoutes(host: FileHost): readonly Route[] {
  const uploads: Uploads = new Map();
  const found = (call: Call) => requireUpload(call, uploads, host.now());
  return [
    { method: "POST", path: "/uploads", answer: (call) => createUpload(call, uploads, host) },
    {
      method: "POST",
      path: "/uploads/*/parts",
      answer: (call) => addPart(call, found(call), host),
    },
    {
      method: "POST",
      path: "/uploads/*/complete",
      answer: (call) => completeUpload(call, found(call), host),
    },
    { method: "POST", path: "/uploads/*/cancel", answer: (call) => cancelUpload(found(call)) },
  ];
}

/** Also for the output of a batch. */
export function expiresAfter(limits: OpenAILimits): Rule {
  const seconds = integer({ min: limits.minExpirySeconds, max: limits.maxExpirySeconds });
  return record({ anchor: oneOf(["created_at"]), seconds }, ["anchor", "seconds"]);
}

export function secondsOf(lifetime: JsonObject[string]): number | null {
  return isJsonObject(lifetime) ? numberOf(lifetime["seconds"], 0) : null;
}

function renderUpload(upload: Upload) {
  return {
    id: upload.id,
    object: "upload",
    bytes: upload.bytes,
    created_at: upload.createdAt,
    filename: upload.filename,
    purpose: upload.purpose,
    status: upload.status === "completing" ? "pending" : upload.status,
    expires_at: upload.expiresAt,
    file: upload.file === null ? null : renderFile(upload.file),
  };
}

async function createUpload(call: Call, uploads: Uploads, host: FileHost): Promise<Reply> {
  const { limits } = host;
  const body = await readJsonBody(call.request, limits.jsonBodyBytes);
  const rules: Rules = {
    filename: text({ min: 1 }),
    purpose: oneOf(UPLOAD_PURPOSES),
    bytes: integer({ min: 1, max: limits.uploadBytes }),
    mime_type: text({ min: 1 }),
    expires_after: expiresAfter(limits),
  };
  checkParameters(body, rules, ["filename", "purpose", "bytes", "mime_type"]);
  const filename = shown(body["filename"]);
  const purpose = shown(body["purpose"]);
  checkFilePurpose(purpose, filename, UPLOAD_PURPOSES);
  const createdAt = Math.floor(host.now() / 1_000);
  const upload: Upload = {
    id: newId("upload_"),
    project: call.project,
    bytes: numberOf(body["bytes"], 0),
    filename,
    purpose,
    createdAt,
    expiresAt: createdAt + limits.uploadSeconds,
    fileSeconds: secondsOf(body["expires_after"]),
    parts: new Map(),
    status: "pending",
    file: null,
  };
  uploads.set(upload.id, upload);
  return json(renderUpload(upload));
}

function requireUpload(call: Call, uploads: Uploads, now: number): Upload {
  const id = call.ids[0] ?? "";
  const upload = uploads.get(id);
  if (upload === undefined || upload.project !== call.project) {
    throw notFound(`No such Upload object: ${id}`, "id");
  }
  if (upload.status === "pending" && now / 1_000 >= upload.expiresAt) upload.status = "expired";
  if (upload.status !== "pending") {
    throw badRequest(`Upload ${id} is ${upload.status}, not pending.`, "upload_id");
  }
  return upload;
}

async function addPart(call: Call, upload: Upload, host: FileHost): Promise<Reply> {
  let writer: DiskWriter | null = null;
  const taken = (): DiskWriter | null => writer;
  try {
    await readMultipart(call.request, (part) => {
      if (part.name !== "data") {
        throw badRequest(`Unknown parameter: '${part.name}'.`, part.name, "unknown_parameter");
      }
      if (writer !== null) throw badRequest("Only one part can be uploaded at a time.", "data");
      writer = host.store.write();
      return limitSink(writer, host.limits.uploadPartBytes);
    });
  } catch (error) {
    await taken()?.discard();
    throw error instanceof MultipartError ? badRequest(error.message) : error;
  }
  const written = taken();
  if (written === null) throw missingParameter("data");
  const part: Part = { id: newId("part_"), path: written.path, bytes: written.bytes() };
  upload.parts.set(part.id, part);
  return json({
    id: part.id,
    object: "upload.part",
    created_at: Math.floor(host.now() / 1_000),
    upload_id: upload.id,
  });
}

async function completeUpload(call: Call, upload: Upload, host: FileHost): Promise<Reply> {
  const body = await readJsonBody(call.request, host.limits.jsonBodyBytes);
  checkParameters(body, { part_ids: list(text(), { min: 1 }), md5: text() }, ["part_ids"]);
  const parts = partsOf(body, upload);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes !== upload.bytes) {
    throw badRequest(
      `The number of bytes uploaded (${bytes}) does not match the number of bytes of the Upload object (${upload.bytes}).`,
      "part_ids",
    );
  }
  if (typeof body["md5"] === "string" && body["md5"].toLowerCase() !== (await md5Of(parts))) {
    throw badRequest("The md5 checksum of the file contents does not match the one given.", "md5");
  }
  // A second complete that came while the bytes were hashed must not make a second file.
  if (upload.status !== "pending") {
    throw badRequest(`Upload ${upload.id} is ${upload.status}, not pending.`, "upload_id");
  }
  upload.status = "completing";
  upload.file = await assemble(upload, parts, host);
  upload.status = "completed";
  await dropParts(upload);
  return json(renderUpload(upload));
}

function partsOf(body: JsonObject, upload: Upload): readonly Part[] {
  const ids = isJsonArray(body["part_ids"]) ? body["part_ids"] : [];
  const parts: Part[] = [];
  for (const id of ids) {
    const part = typeof id === "string" ? upload.parts.get(id) : undefined;
    if (part === undefined) throw badRequest(`No such Part object: ${shown(id)}`, "part_ids");
    if (parts.includes(part)) throw badRequest(`Part ${part.id} is named twice.`, "part_ids");
    parts.push(part);
  }
  return parts;
}

async function md5Of(parts: readonly Part[]): Promise<string> {
  const hash = createHash("md5");
  for (const part of parts) {
    for await (const chunk of createReadStream(part.path)) {
      if (chunk instanceof Uint8Array) hash.update(chunk);
    }
  }
  return hash.digest("hex");
}

async function assemble(
  upload: Upload,
  parts: readonly Part[],
  host: FileHost,
): Promise<FileRecord> {
  const writer = host.store.write();
  for (const part of parts) await appendFrom(part.path, writer);
  await writer.end();
  const createdAt = Math.floor(host.now() / 1_000);
  const lifetime = { asked: upload.fileSeconds, limits: host.limits };
  const file: FileRecord = {
    id: newId("file-", 22),
    project: upload.project,
    bytes: upload.bytes,
    createdAt,
    expiresAt: expiryOf(upload.purpose, createdAt, lifetime),
    filename: upload.filename,
    purpose: upload.purpose,
    path: writer.path,
  };
  host.store.add(file);
  return file;
}

async function cancelUpload(upload: Upload): Promise<Reply> {
  upload.status = "cancelled";
  await dropParts(upload);
  return json(renderUpload(upload));
}

async function dropParts(upload: Upload): Promise<void> {
  for (const part of upload.parts.values()) await rm(part.path, { force: true });
  upload.parts.clear();
}
