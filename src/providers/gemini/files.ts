import { z } from "zod";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { FileToSend, UpstreamFile, UpstreamFiles } from "../../core/provider.ts";
import { retry, type RetryOptions } from "../../lib/retry.ts";
import { pathOf } from "./names.ts";
import { pageAfter, type TokenPage } from "./pages.ts";
import type { UploadPlace } from "./upload-session.ts";
import { uploadResumably } from "./uploads.ts";
import { type WireFile, wireFile, wireFiles } from "./wire.ts";

/** A file that was given up may take this long to be deleted; it expires by itself. */
const DELETE_MILLISECONDS = 10_000;

/** Clients can't choose names as long as those that Google gives the results of a batch. */
const MAX_CLIENT_ID_CHARACTERS = 40;

export interface FilesPlace extends UploadPlace {
  /** How long a batch's input may be looked at by Google before it can be used. */
  readonly activation: Omit<RetryOptions, "signal" | "delayAfter">;
}

export function createFiles(place: FilesPlace): UpstreamFiles {
  const { http } = place;

  async function retrieve(id: string, signal: AbortSignal): Promise<WireFile> {
    const call = { operation: "files.retrieve", signal, reply: wireFile };
    return asGone(http.json("GET", pathOf("files", id), call));
  }

  async function remove(id: string, signal: AbortSignal): Promise<void> {
    const [, batch] = /^(?:files\/)?batch-(.+)$/.exec(id) ?? [];
    // The results of a batch can't be deleted by their own name: they go with it.
    const isResult = batch !== undefined && `batch-${batch}`.length > MAX_CLIENT_ID_CHARACTERS;
    const path = isResult ? pathOf("batches", batch) : pathOf("files", id);
    const operation = isResult ? "batches.delete" : "files.delete";
    try {
      await asGone(http.json("DELETE", path, { operation, signal, reply: z.unknown() }));
    } catch (error) {
      if (!isGatewayError(error, "upstream_not_found")) throw error;
    }
  }

  /** Waits until a file can be used; one that can't ever is removed. */
  async function activate(file: WireFile, signal: AbortSignal): Promise<WireFile> {
    let current = file;
    try {
      return await retry(
        async () => {
          if (current.state === "PROCESSING") current = await retrieve(file.name, signal);
          if (current.state === "PROCESSING") throw new StillProcessing();
          if (current.state === "FAILED") throw refusal(current);
          return current;
        },
        {
          ...place.activation,
          signal,
          delayAfter: (error) => (error instanceof StillProcessing ? 0 : null),
        },
      );
    } catch (error) {
      await remove(file.name, AbortSignal.timeout(DELETE_MILLISECONDS)).catch(() => null);
      if (!(error instanceof StillProcessing)) throw error;
      throw new GatewayError(
        "upstream_timeout",
        `${file.name} isn't ready for use: Google went on processing it.`,
        { cause: error },
      );
    }
  }

  return {
    async upload(file, signal) {
      const uploaded = await uploadResumably(place, file, signal);
      return toFile(isInput(file) ? await activate(uploaded, signal) : uploaded);
    },

    retrieve: async (id, signal) => toFile(await retrieve(id, signal)),

    async list(query, signal) {
      const readPage = async (token: string | null, size: number): Promise<TokenPage<WireFile>> => {
        const page = await http.json("GET", "/v1beta/files", {
          operation: "files.list",
          signal,
          query: { pageSize: size, pageToken: token },
          reply: wireFiles,
        });
        return { items: page.files ?? [], nextToken: page.nextPageToken || null };
      };
      const { items, next } = await pageAfter(query, readPage);
      return { items: items.map(toFile), next };
    },

    open: async (id, signal, range) =>
      asGone(
        http.stream(`${pathOf("files", id)}:download`, {
          operation: "files.download",
          signal,
          query: { alt: "media" },
          range,
        }),
      ),

    delete: remove,
  };
}

class StillProcessing extends Error {
  override readonly name = "StillProcessing";
}

function refusal({ name, error }: WireFile): GatewayError {
  const reason = error?.message ?? "it gave no reason.";
  return new GatewayError("upstream_rejected", `Google can't use ${name}: ${reason}`, {
    notSent: true,
  });
}

/**
 * Google says 403 of an upload that isn't there, as of one that is another's. A 403 that gives a reason is about the key or
 * its project.
 */
async function asGone<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isAbsent =
      isGatewayError(error, "upstream_forbidden") && error.details.reason === undefined;
    if (!isAbsent) throw error;
    throw new GatewayError("upstream_not_found", error.message, {
      ...error.details,
      cause: error,
    });
  }
}

function isInput({ purpose, filename }: FileToSend): boolean {
  return purpose === "batch" || isLines(filename);
}

function isLines(filename: string): boolean {
  return /\.jsonl$/i.test(filename);
}

function toFile(file: WireFile): UpstreamFile {
  const filename = file.displayName || file.name.replace(/^files\//, "");
  return {
    id: file.name,
    filename,
    purpose: purposeOf(file, filename),
    mimeType: file.mimeType ?? null,
    bytes: file.sizeBytes,
    createdAt: file.createTime ?? 0,
    expiresAt: file.expirationTime ?? null,
  };
}

/** Google keeps none. */
function purposeOf({ source }: WireFile, filename: string): string {
  if (source === "GENERATED") return "batch_output";
  return isLines(filename) ? "batch" : "user_data";
}
