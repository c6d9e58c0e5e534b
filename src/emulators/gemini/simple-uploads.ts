import { MultipartError, readRelated } from "../multipart.ts";
import type { Call, Reply } from "./call.ts";
import { json, parseBody } from "./call.ts";
import type { FileWriter } from "./file-store.ts";
import type { FileHost } from "./files.ts";
import { originOf, renderFile } from "./files.ts";
import type { FilePlan } from "./new-file.ts";
import { checkSize, keepFile, planFile } from "./new-file.ts";
import { invalidArgument } from "./status-error.ts";

const MAX_METADATA_BYTES = 64 * 1024;

/** The whole body is the file. */
export async function uploadRaw(call: Call, host: FileHost): Promise<Reply> {
  const type =
    call.request.headers["x-goog-upload-header-content-type"] ??
    call.request.headers["content-type"];
  const plan = planFile({}, typeof type === "string" ? type : null, host);
  const writer = host.store.write();
  try {
    for await (const chunk of call.request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      checkSize(writer.bytes() + chunk.length, host);
      await writer.write(chunk);
    }
    return await finish(call, { writer, plan }, host);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Two parts: what the file is, as JSON, and its bytes. */
export async function uploadMultipart(call: Call, host: FileHost): Promise<Reply> {
  const writer = host.store.write();
  const metadata: Buffer[] = [];
  let parts = 0;
  let plan: FilePlan | null = null;
  const planned = (): FilePlan | null => plan;
  try {
    await readRelated(call.request, (type) => {
      parts += 1;
      if (parts > 2) throw invalidArgument("An upload has two parts, metadata and bytes.");
      if (parts === 1) return collect(metadata);
      plan = planFile(parseBody(Buffer.concat(metadata)), type, host);
      return {
        write: (chunk) => {
          checkSize(writer.bytes() + chunk.length, host);
          return writer.write(chunk);
        },
        end: () => undefined,
      };
    });
    const found = planned();
    if (found === null) throw invalidArgument("The upload has no second part with the bytes.");
    return await finish(call, { writer, plan: found }, host);
  } catch (error) {
    await writer.discard();
    throw error instanceof MultipartError ? invalidArgument(error.message) : error;
  }
}

function collect(chunks: Buffer[]) {
  let bytes = 0;
  return {
    write: (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_METADATA_BYTES) throw invalidArgument("The metadata part is too long.");
      chunks.push(Buffer.from(chunk));
    },
    end: () => undefined,
  };
}

async function finish(
  call: Call,
  upload: { readonly writer: FileWriter; readonly plan: FilePlan },
  host: FileHost,
): Promise<Reply> {
  const { writer, plan } = upload;
  if (plan.bytes !== null && plan.bytes !== writer.bytes()) {
    throw invalidArgument(`The upload was to have ${plan.bytes} bytes, and has ${writer.bytes()}.`);
  }
  const file = await keepFile(writer, { plan, project: call.project }, host);
  return json({ file: renderFile(file, originOf(call)) }, { "x-goog-upload-status": "final" });
}
