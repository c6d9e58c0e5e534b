// https://docs.claude.com/en/api/files-create

import { ApiError, badRequest } from "./api-error.ts";
import { timestamp, timestampOrNull } from "./batch-record.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json } from "./call.ts";
import type { FileForm } from "./file-form.ts";
import { readFileForm } from "./file-form.ts";
import type { FileRecord, FileStore } from "./file-store.ts";
import type { AnthropicLimits } from "./limits.ts";
import { newId } from "./new-id.ts";
import { limitOf, pageOf, renderPage } from "./paging.ts";
import type { Spool } from "./spool.ts";

export interface FileHost {
  readonly store: FileStore;
  readonly spool: Spool;
  readonly limits: AnthropicLimits;
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
    { method: "DELETE", path: "/files/*", answer: (call) => deleteFile(call, host.store) },
    { method: "GET", path: "/files/*/content", answer: (call) => downloadFile(call, host.store) },
  ];
}

function renderFile(file: FileRecord) {
  return {
    id: file.id,
    type: "file",
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.bytes,
    created_at: timestamp(file.createdAt),
    downloadable: file.downloadable,
    expires_at: timestampOrNull(file.expiresAt),
  };
}

async function createFile(call: Call, host: FileHost): Promise<Reply> {
  const { spool, limits } = host;
  const form = await readFileForm(call.request, { spool, maxBytes: limits.fileBytes });
  try {
    return json(renderFile(registerFile(form, call.workspace, host)));
  } catch (error) {
    await form.writer.discard();
    throw error;
  }
}

function registerFile(form: FileForm, workspace: string, host: FileHost): FileRecord {
  const { store, limits } = host;
  const extra = [...form.fields.keys()].find((name) => name !== "expires_in_seconds");
  if (extra !== undefined) throw badRequest(`${extra}: Extra inputs are not permitted`);
  const lifetime = lifetimeOf(form.fields.get("expires_in_seconds"), limits);
  const bytes = form.writer.bytes();
  const stored = store.list(workspace).reduce((sum, file) => sum + file.bytes, 0);
  if (stored + bytes > limits.storageBytes) {
    throw new ApiError(400, "Your organization's file storage limit has been exceeded.", {
      code: "storage_quota_exceeded",
    });
  }
  const createdAt = host.now();
  const file: FileRecord = {
    id: newId("file_"),
    workspace,
    filename: form.filename,
    mimeType: form.mimeType,
    bytes,
    createdAt,
    expiresAt: lifetime === null ? null : createdAt + lifetime * 1_000,
    path: form.writer.path,
    downloadable: false,
  };
  store.add(file);
  return file;
}

function lifetimeOf(value: string | undefined, limits: AnthropicLimits): number | null {
  if (value === undefined) return null;
  const { minExpirySeconds: min, maxExpirySeconds: max } = limits;
  const seconds = Number(value);
  if (!/^-?\d+$/.test(value)) {
    throw badRequest("expires_in_seconds: Input should be a valid integer");
  }
  if (seconds < min) {
    throw badRequest(`expires_in_seconds: Input should be greater than or equal to ${min}`);
  }
  if (seconds > max) {
    throw badRequest(`expires_in_seconds: Input should be less than or equal to ${max}`);
  }
  return seconds;
}

/** Selects the list as it was before the API became generally available. */
const BETA = "files-api-2025-04-14";

function listFiles(call: Call, host: FileHost): Reply {
  const files = host.store.list(call.workspace);
  const betas = String(call.request.headers["anthropic-beta"] ?? "").split(",");
  if (betas.some((beta) => beta.trim() === BETA)) {
    const page = pageOf(files, call.query, host.limits);
    return json(renderPage(page, page.data.map(renderFile)));
  }
  return json(listByPage(files, call.query, host.limits));
}

function listByPage(files: readonly FileRecord[], query: URLSearchParams, limits: AnthropicLimits) {
  for (const name of ["after_id", "before_id"]) {
    if (query.has(name)) throw badRequest(`${name}: Extra inputs are not permitted`);
  }
  const ids = query.getAll("ids[]");
  if (ids.length > limits.fileIdsPerList) {
    throw badRequest(`ids: List should have at most ${limits.fileIdsPerList} items`);
  }
  const wanted = ids.length === 0 ? files : files.filter((file) => ids.includes(file.id));
  const limit = limitOf(query, limits);
  const start = startOfPage(wanted, query.get("page"));
  const data = wanted.slice(start, start + limit);
  const last = data.at(-1);
  const hasMore = start + data.length < wanted.length;
  return {
    data: data.map(renderFile),
    next_page: hasMore && last !== undefined ? pageAfter(last.id) : null,
  };
}

function pageAfter(id: string): string {
  return `page_${Buffer.from(id).toString("base64url")}`;
}

function startOfPage(files: readonly FileRecord[], page: string | null): number {
  if (page === null) return 0;
  const place = files.findIndex((file) => pageAfter(file.id) === page);
  if (place === -1) throw badRequest("page: Invalid page token");
  return place + 1;
}

function requireFile(call: Call, store: FileStore): FileRecord {
  const id = call.ids[0] ?? "";
  const file = store.find(call.workspace, id);
  if (file === null) throw new ApiError(404, `File not found: ${id}`);
  if (store.hasExpired(file)) {
    throw new ApiError(404, `File has expired: ${id}`, { code: "file_expired" });
  }
  return file;
}

async function deleteFile(call: Call, store: FileStore): Promise<Reply> {
  const file = requireFile(call, store);
  await store.remove(file);
  return json({ id: file.id, type: "file_deleted" });
}

function downloadFile(call: Call, store: FileStore): Reply {
  const file = requireFile(call, store);
  if (!file.downloadable) {
    throw new ApiError(400, `File '${file.id}' is not downloadable.`, {
      code: "file_not_downloadable",
    });
  }
  return { kind: "file", path: file.path, bytes: file.bytes, mimeType: file.mimeType };
}
