import { randomUUID } from "node:crypto";
import { z } from "zod";
import { isGatewayError } from "../../core/errors.ts";
import type { FileToSend, UpstreamFile, UpstreamFiles } from "../../core/provider.ts";
import { createMultipartBody } from "../../lib/multipart-body.ts";
import { pathSegment, type UpstreamHttp } from "../upstream.ts";
import type { UploadLimits } from "./openai.ts";
import { uploadInParts } from "./uploads.ts";
import { type WireFile, wireFile, wireList } from "./wire.ts";

const MAX_PAGE = 10_000;

const wireFiles = wireList(wireFile);

export function createFiles(http: UpstreamHttp, limits: UploadLimits): UpstreamFiles {
  return {
    async upload(file, signal) {
      const uploaded =
        file.bytes > limits.requestBytes
          ? await uploadInParts(http, { file, partBytes: limits.partBytes }, signal)
          : await uploadAtOnce(http, file, signal);
      return toFile(uploaded);
    },

    async retrieve(id, signal) {
      const path = `/files/${pathSegment(id)}`;
      return toFile(
        await http.json("GET", path, { operation: "files.retrieve", signal, reply: wireFile }),
      );
    },

    async list({ after, limit }, signal) {
      const page = await http.json("GET", "/files", {
        operation: "files.list",
        signal,
        query: { limit: Math.min(limit, MAX_PAGE), order: "desc", after },
        reply: wireFiles,
      });
      return { items: page.data.map(toFile), next: nextOf(page) };
    },

    open: async (id, signal, range) =>
      http.stream(contentPath(id), { operation: "files.content", signal, range }),

    async delete(id, signal) {
      const call = { operation: "files.delete", signal, reply: z.unknown() };
      try {
        await http.json("DELETE", `/files/${pathSegment(id)}`, call);
      } catch (error) {
        if (!isGatewayError(error, "upstream_not_found")) throw error;
      }
    },
  };
}

export function contentPath(id: string): string {
  return `/files/${pathSegment(id)}/content`;
}

/** `after` of the next page is the last id of this one, as the SDKs do; `last_id` is left out by some hosts. */
export function nextOf(page: {
  readonly data: readonly { readonly id: string }[];
  readonly has_more?: boolean | null | undefined;
}): string | null {
  return page.has_more === true ? (page.data.at(-1)?.id ?? null) : null;
}

async function uploadAtOnce(
  http: UpstreamHttp,
  file: FileToSend,
  signal: AbortSignal,
): Promise<WireFile> {
  const expiry: [string, string][] =
    file.expiresAfterSeconds === null
      ? []
      : [
          ["expires_after[anchor]", "created_at"],
          ["expires_after[seconds]", String(file.expiresAfterSeconds)],
        ];
  const body = createMultipartBody({
    fields: [["purpose", file.purpose], ...expiry],
    file: { ...file, name: "file", open: (signal) => file.open(signal) },
    boundary: `crossbatch-${randomUUID()}`,
  });
  return http.send("POST", "/files", {
    operation: "files.create",
    signal,
    contentType: body.contentType,
    bytes: body.bytes,
    body: (signal) => body.open(signal),
    reply: wireFile,
  });
}

function toFile(file: WireFile): UpstreamFile {
  return {
    id: file.id,
    filename: file.filename,
    purpose: file.purpose,
    // OpenAI keeps none.
    mimeType: null,
    bytes: file.bytes,
    createdAt: file.created_at * 1_000,
    expiresAt: file.expires_at ? file.expires_at * 1_000 : null,
  };
}
