// https://platform.openai.com/docs/api-reference/files

import type { IncomingMessage } from "node:http";
import type { PartSink } from "../multipart.ts";
import { MultipartError, readMultipart } from "../multipart.ts";
import { ApiError, badRequest, notFound } from "./api-error.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, pageOf, renderList } from "./call.ts";
import type { DiskWriter } from "../disk-writer.ts";
import type { FileRecord, FileStore } from "./file-store.ts";
import type { OpenAILimits } from "./limits.ts";
import { newId } from "./new-id.ts";
import { missingParameter, wrongValue } from "./parameters.ts";

const FILE_PURPOSES = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

/** Files for these purposes go in and never come out again. */
const NOT_DOWNLOADABLE = new Set(["assistants", "vision", "user_data"]);

export interface FileHost {
  readonly store: FileStore;
  readonly limits: OpenAILimits;
  /** Milliseconds. */
  readonly now: () => number;
}

export function fileRoutes(host: FileHost): readonly Route[] {
  return [
    { method: "POST", path: "/files", answer: (call) => createFile(call, host) },
    { method: "GET", path: "/files", answer: (call) => listFiles(call, host) },
    {
      method: "GET",
      path: "/files/*",
      answer: (call) => json(renderFile(requireFile(call, host.store))),
    },
    { method: "DELETE", path: "/files/*", answer: (call) => deleteFile(call, host) },
    { method: "GET", path: "/files/*/content", answer: (call) => downloadFile(call, host) },
  ];
}

export function renderFile(file: FileRecord) {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: file.createdAt,
    expires_at: file.expiresAt,
    filename: file.filename,
    purpose: file.purpose,
    status: "processed",
    status_details: null,
  };
}

async function createFile(call: Call, host: FileHost): Promise<Reply> {
  const form = await readFileForm(call.request, host);
  try {
    return json(renderFile(registerFile(form, call.project, host)));
  } catch (error) {
    await form.writer?.discard();
    throw error;
  }
}

function registerFile(form: FileForm, project: string, host: FileHost): FileRecord {
  const { writer, filename, fields } = form;
  if (writer === null) throw missingParameter("file");
  const purpose = fields.get("purpose");
  if (purpose === undefined) throw missingParameter("purpose");
  for (const name of fields.keys()) {
    if (!["purpose", "expires_after[anchor]", "expires_after[seconds]"].includes(name)) {
      throw badRequest(`Unknown parameter: '${name}'.`, name, "unknown_parameter");
    }
  }
  checkFilePurpose(purpose, filename, FILE_PURPOSES);
  const lifetime = lifetimeOf(fields, host.limits);
  const createdAt = Math.floor(host.now() / 1_000);
  const file: FileRecord = {
    id: newId("file-", 22),
    project,
    bytes: writer.bytes(),
    createdAt,
    expiresAt: expiryOf(purpose, createdAt, { asked: lifetime, limits: host.limits }),
    filename,
    purpose,
    path: writer.path,
  };
  host.store.add(file);
  return file;
}

export function checkFilePurpose(
  purpose: string,
  filename: string,
  purposes: readonly string[],
): void {
  if (!purposes.includes(purpose)) throw wrongValue(purpose, "purpose", purposes);
  if (purpose === "batch" && !filename.endsWith(".jsonl")) {
    throw badRequest("Invalid file format for Batch API. Must be .jsonl");
  }
}

/** Files for batches are kept for 30 days, all others for ever, unless the client said otherwise. */
export function expiryOf(
  purpose: string,
  createdAt: number,
  lifetime: { readonly asked: number | null; readonly limits: OpenAILimits },
): number | null {
  if (lifetime.asked !== null) return createdAt + lifetime.asked;
  return purpose === "batch" ? createdAt + lifetime.limits.batchFileSeconds : null;
}

function lifetimeOf(fields: ReadonlyMap<string, string>, limits: OpenAILimits): number | null {
  const anchor = fields.get("expires_after[anchor]");
  const seconds = fields.get("expires_after[seconds]");
  if (anchor === undefined && seconds === undefined) return null;
  if (anchor === undefined) throw missingParameter("expires_after.anchor");
  if (seconds === undefined) throw missingParameter("expires_after.seconds");
  if (anchor !== "created_at") throw wrongValue(anchor, "expires_after.anchor", ["created_at"]);
  const value = Number(seconds);
  const { minExpirySeconds: min, maxExpirySeconds: max } = limits;
  if (!/^\d+$/.test(seconds) || value < min || value > max) {
    throw badRequest(
      `Invalid 'expires_after.seconds': expected an integer from ${min} to ${max}, but got '${seconds}' instead.`,
      "expires_after.seconds",
      "invalid_value",
    );
  }
  return value;
}

interface FileForm {
  readonly writer: DiskWriter | null;
  readonly filename: string;
  readonly fields: ReadonlyMap<string, string>;
}

const MAX_FIELD_BYTES = 64 * 1024;

async function readFileForm(request: IncomingMessage, host: FileHost): Promise<FileForm> {
  let writer: DiskWriter | null = null;
  let filename = "";
  const fields = new Map<string, string>();
  try {
    await readMultipart(request, (part) => {
      if (part.name !== "file") return collectField(part.name, fields);
      if (writer !== null) throw badRequest("Only one file can be uploaded at a time.", "file");
      if (part.filename === null) {
        throw badRequest("Invalid 'file': expected a file with a filename.", "file");
      }
      filename = part.filename;
      writer = host.store.write();
      return limitSink(writer, host.limits.fileBytes);
    });
    return { writer, filename, fields };
  } catch (error) {
    await discard(writer);
    throw error instanceof MultipartError ? badRequest(error.message) : error;
  }
}

async function discard(writer: DiskWriter | null): Promise<void> {
  await writer?.discard();
}

export function limitSink(writer: DiskWriter, maxBytes: number): PartSink {
  return {
    write: (chunk) => {
      if (writer.bytes() + chunk.length > maxBytes) {
        throw new ApiError(413, `Maximum content size limit (${maxBytes}) exceeded.`);
      }
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
      if (bytes > MAX_FIELD_BYTES) throw badRequest(`Invalid '${name}': too long.`, name);
      chunks.push(Buffer.from(chunk));
    },
    end: () => {
      if (fields.has(name)) throw badRequest(`Duplicate parameter: '${name}'.`, name);
      fields.set(name, Buffer.concat(chunks).toString("utf8"));
    },
  };
}

function listFiles(call: Call, host: FileHost): Reply {
  const { query, project } = call;
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw wrongValue(order, "order", ["asc", "desc"]);
  const purpose = query.get("purpose");
  let files = host.store.list(project);
  if (purpose !== null) files = files.filter((file) => file.purpose === purpose);
  const page = pageOf(order === "asc" ? files : files.toReversed(), query, {
    max: host.limits.filesPerPage,
    otherwise: host.limits.filesPerPage,
    missing: (id) => `No such File object: ${id}`,
  });
  return json(renderList(page, page.data.map(renderFile)));
}

function requireFile(call: Call, store: FileStore): FileRecord {
  const id = call.ids[0] ?? "";
  const file = store.find(call.project, id);
  if (file === null) throw notFound(`No such File object: ${id}`, "id");
  return file;
}

async function deleteFile(call: Call, host: FileHost): Promise<Reply> {
  const file = requireFile(call, host.store);
  await host.store.remove(file);
  return json({ id: file.id, object: "file", deleted: true });
}

function downloadFile(call: Call, host: FileHost): Reply {
  const file = requireFile(call, host.store);
  if (NOT_DOWNLOADABLE.has(file.purpose)) {
    throw badRequest(`Not allowed to download files of purpose: ${file.purpose}`);
  }
  return { kind: "file", path: file.path, bytes: file.bytes, filename: file.filename };
}
