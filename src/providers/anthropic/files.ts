import { randomUUID } from "node:crypto";
import { z } from "zod";
import { isGatewayError } from "../../core/errors.ts";
import type { UpstreamFile, UpstreamFiles } from "../../core/provider.ts";
import { createMultipartBody } from "../../lib/multipart-body.ts";
import { pathSegment, type UpstreamHttp } from "../upstream.ts";
import { nextOf, toTime, type WireFile, wireFile, wireFiles } from "./wire.ts";

const MAX_PAGE = 1_000;
const MIN_EXPIRY_SECONDS = 3_600;
const MAX_EXPIRY_SECONDS = 7_776_000;

/** `beta`: the same account, as the API was before it became generally available. */
export function createFiles(http: UpstreamHttp, beta: UpstreamHttp): UpstreamFiles {
  return {
    async upload(file, signal) {
      const body = createMultipartBody({
        fields: expiryOf(file.expiresAfterSeconds),
        file: { ...file, name: "file", open: (signal) => file.open(signal) },
        boundary: `crossbatch-${randomUUID()}`,
      });
      const uploaded = await http.send("POST", "/files", {
        operation: "files.create",
        signal,
        contentType: body.contentType,
        bytes: body.bytes,
        body: (signal) => body.open(signal),
        reply: wireFile,
      });
      return toFile(uploaded);
    },

    async retrieve(id, signal) {
      const path = `/files/${pathSegment(id)}`;
      return toFile(
        await http.json("GET", path, { operation: "files.retrieve", signal, reply: wireFile }),
      );
    },

    async list({ after, limit }, signal) {
      // Pages are opaque: only the older list can begin after an item.
      const isPage = after === null || after.startsWith("page_");
      const page = await (isPage ? http : beta).json("GET", "/files", {
        operation: "files.list",
        signal,
        query: {
          limit: Math.min(limit, MAX_PAGE),
          ...(isPage ? { page: after } : { after_id: after }),
        },
        reply: wireFiles,
      });
      return { items: page.data.map(toFile), next: page.next_page ?? nextOf(page) };
    },

    open: async (id, signal, range) =>
      http.stream(`/files/${pathSegment(id)}/content`, {
        operation: "files.content",
        signal,
        range,
      }),

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

/** A lifetime that Anthropic can't keep is left to the gateway. */
function expiryOf(seconds: number | null): readonly (readonly [name: string, value: string])[] {
  const isKept = seconds !== null && seconds >= MIN_EXPIRY_SECONDS && seconds <= MAX_EXPIRY_SECONDS;
  return isKept ? [["expires_in_seconds", String(Math.floor(seconds))]] : [];
}

function toFile(file: WireFile): UpstreamFile {
  return {
    id: file.id,
    filename: file.filename,
    // Anthropic knows none; this is what its files are for.
    purpose: "user_data",
    mimeType: file.mime_type ?? null,
    bytes: file.size_bytes,
    createdAt: toTime(file.created_at) ?? 0,
    expiresAt: toTime(file.expires_at),
    ...(file.downloadable === true ? { isReadable: true } : {}),
  };
}
