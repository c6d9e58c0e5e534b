// https://ai.google.dev/api/files

import type { Call, Reply, Route } from "./call.ts";
import { json, pageOf } from "./call.ts";
import type { FileRecord, FileStore } from "./file-store.ts";
import type { GeminiLimits } from "./limits.ts";
import { invalidArgument, StatusError } from "./status-error.ts";
import { timestamp } from "./timestamp.ts";

export interface FileHost {
  readonly store: FileStore;
  readonly limits: GeminiLimits;
}

export function fileRoutes(host: FileHost): readonly Route[] {
  const { store } = host;
  return [
    { method: "GET", pattern: /^\/v1beta\/files$/, answer: (call) => listFiles(call, host) },
    {
      method: "GET",
      pattern: /^(?:\/download)?\/v1beta\/files\/([^/]+):download$/,
      answer: (call) => downloadFile(call, store),
    },
    {
      method: "GET",
      pattern: /^\/v1beta\/files\/([^/:]+)$/,
      answer: (call) => json(renderFile(requireFile(call, store), originOf(call))),
    },
    {
      method: "DELETE",
      pattern: /^\/v1beta\/files\/([^/:]+)$/,
      answer: (call) => deleteFile(call, host),
    },
  ];
}

export function renderFile(file: FileRecord, origin: string) {
  const uri = `${origin}/v1beta/files/${file.id}`;
  return {
    name: `files/${file.id}`,
    ...(file.displayName === null ? {} : { displayName: file.displayName }),
    mimeType: file.mimeType,
    sizeBytes: String(file.bytes),
    createTime: timestamp(file.createdAt),
    updateTime: timestamp(file.createdAt),
    expirationTime: timestamp(file.expiresAt),
    sha256Hash: Buffer.from(file.sha256).toString("base64"),
    uri,
    ...(file.source === "GENERATED" ? { downloadUri: `${uri}:download?alt=media` } : {}),
    state: "ACTIVE",
    source: file.source,
  };
}

/** As the client reached it. */
export function originOf(call: Call): string {
  return `http://${call.request.headers.host ?? "127.0.0.1"}`;
}

/** Files of others and files that aren't there look alike, but for results of batches. */
export function findFile(store: FileStore, project: string, id: string): FileRecord {
  const file = store.find(project, id);
  if (file !== null) return file;
  if (isOutput(id)) throw new StatusError("NOT_FOUND", `File files/${id} was not found.`);
  throw new StatusError(
    "PERMISSION_DENIED",
    `You do not have permission to access the File ${id} or it may not exist.`,
  );
}

function requireFile(call: Call, store: FileStore): FileRecord {
  return findFile(store, call.project, call.ids[0] ?? "");
}

function isOutput(id: string): boolean {
  return id.startsWith("batch-");
}

function listFiles(call: Call, host: FileHost): Reply {
  const { filesPerPage, filesPerPageByDefault } = host.limits;
  const page = pageOf(host.store.list(call.project), call.query, {
    max: filesPerPage,
    otherwise: filesPerPageByDefault,
    refuses: true,
  });
  const origin = originOf(call);
  const files = page.items.map((file) => renderFile(file, origin));
  return json({ ...(files.length === 0 ? {} : { files }), ...page.next });
}

async function deleteFile(call: Call, host: FileHost): Promise<Reply> {
  const id = call.ids[0] ?? "";
  const most = host.limits.fileIdCharacters;
  if (id.length > most) {
    throw invalidArgument(
      `* DeleteFileRequest.name: The name of a file may have at most ${most} characters after files/; a batch's results go with the batch.`,
    );
  }
  await host.store.remove(requireFile(call, host.store));
  return json({});
}

function downloadFile(call: Call, store: FileStore): Reply {
  const file = requireFile(call, store);
  if (file.source !== "GENERATED") {
    throw invalidArgument(
      `File files/${file.id} was uploaded; only generated files can be downloaded.`,
    );
  }
  // Without it the method answers as JSON, and its JSON is empty.
  if (call.query.get("alt") !== "media") return json({});
  return { kind: "file", path: file.path, bytes: file.bytes };
}
