import type { FileRecord, FileWriter, NewFile } from "./file-store.ts";
import type { FileHost } from "./files.ts";
import type { JsonObject } from "./json.ts";
import { numberOf, objectOf, textOf } from "./json.ts";
import { createFileRequest } from "./messages.ts";
import { newId } from "./new-id.ts";
import { readObject } from "./proto-json.ts";
import { invalidArgument, StatusError } from "./status-error.ts";

/** What an upload says of its file before the bytes. */
export interface FilePlan {
  readonly id: string;
  readonly displayName: string | null;
  readonly mimeType: string;
  /** Null where the upload doesn't say. */
  readonly bytes: number | null;
}

/** `mimeType` is what the upload's headers say; what the file says of itself comes first. */
export function planFile(body: JsonObject, mimeType: string | null, host: FileHost): FilePlan {
  const { limits, store } = host;
  const file = objectOf(readObject(createFileRequest, body, "")["file"]);
  const name = textOf(file["name"]);
  const id = name === "" ? newId(12) : name.replace(/^files\//, "");
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(id) || id.length > limits.fileIdCharacters) {
    throw invalidArgument(
      `* CreateFileRequest.file.name: '${name}' must be 'files/' and up to ${limits.fileIdCharacters} lower case letters, digits and dashes, without a dash at either end.`,
    );
  }
  if (store.has(id)) {
    throw new StatusError("ALREADY_EXISTS", `The file files/${id} already exists.`);
  }
  const displayName = textOf(file["displayName"]);
  if (displayName.length > limits.displayNameCharacters) {
    throw invalidArgument(
      `* CreateFileRequest.file.display_name: at most ${limits.displayNameCharacters} characters are allowed.`,
    );
  }
  const bytes = numberOf(file["sizeBytes"], Number.NaN);
  checkSize(Number.isNaN(bytes) ? 0 : bytes, host);
  return {
    id,
    displayName: displayName === "" ? null : displayName,
    mimeType: textOf(file["mimeType"]) || mimeType || "application/octet-stream",
    bytes: Number.isNaN(bytes) ? null : bytes,
  };
}

export function checkSize(bytes: number, host: FileHost): void {
  const most = host.limits.fileBytes;
  if (bytes > most) {
    throw invalidArgument(`The file is larger than the ${most} bytes that a file may have.`);
  }
}

/** Puts what was written into the store. */
export async function keepFile(
  writer: FileWriter,
  place: { readonly plan: FilePlan; readonly project: string },
  host: FileHost,
): Promise<FileRecord> {
  const { plan, project } = place;
  await writer.end();
  const { id, displayName, mimeType } = plan;
  const bytes = writer.bytes();
  const sha256 = writer.sha256();
  // Another upload may have taken the name meanwhile.
  if (host.store.has(id)) {
    await writer.discard();
    throw new StatusError("ALREADY_EXISTS", `The file files/${id} already exists.`);
  }
  const { path } = writer;
  const file: NewFile = {
    id,
    project,
    source: "UPLOADED",
    displayName,
    mimeType,
    bytes,
    sha256,
    path,
  };
  return host.store.add(file);
}
