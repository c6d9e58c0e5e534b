import { strangerFiles } from "../core/aliases.ts";
import type { FileToSend, Provider, Upstream, UpstreamFile } from "../core/provider.ts";
import type { KnownBlob } from "../core/blobs.ts";
import type { Call, CreateFile, ReceivedContent } from "../core/gateway.ts";
import type { JsonObject } from "../core/json.ts";
import { formats } from "../formats/formats.ts";
import { LineTooLongError } from "../lib/line-splitter.ts";
import { toCopyOption } from "../lines/copy-record.ts";
import { createLineGuard, guardOption } from "../lines/line-guard.ts";
import { type PreparedPiece, prepareLines } from "../lines/prepare.ts";
import { surveyLines } from "../lines/survey.ts";
import { type LinePlan, planLines } from "../lines/target.ts";
import type { GatewayContext } from "./context.ts";
import { removeBlobs } from "./remove-blobs.ts";
import { translationMode } from "./translation-mode.ts";

/** A File's bytes as they are at its provider. */
export interface SentCopy {
  readonly sent: UpstreamFile;
  readonly recipe: string;
  readonly options: JsonObject;
}

interface CopyWork {
  readonly request: CreateFile;
  readonly provider: Provider;
  readonly upstream: Upstream;
}

/**
 * Brings a new File to a provider that keeps files, in its own format where it is the input of a batch. Null: it keeps none of that
 * kind, or the lines alone don't say enough. Then the batch makes the copy, or reports what is wrong with them.
 */
export async function sendCopy(
  context: GatewayContext,
  call: Call,
  work: CopyWork,
): Promise<SentCopy | null> {
  const { request, provider, upstream } = work;
  const isInput = request.purpose === "batch";
  const { files } = upstream;
  if (files === undefined || !(isInput ? provider.takesInputFiles : provider.keepsFiles))
    return null;
  const plan = isInput ? await planCopy(context, call, work) : null;
  if (isInput && plan === null) return null;
  if (plan === null || plan.isUntouched) {
    const sent = await files.upload(
      toSend(context, { request, content: request.content }),
      call.signal,
    );
    return { sent, recipe: "bytes", options: {} };
  }
  const prefix = `prepared/${context.newId(context.now())}`;
  const limits = { lines: provider.limits.maxLines, bytes: provider.limits.maxBytes };
  const made = [`${prefix}/part-1`, `${prefix}/part-2`, `${prefix}/ids`, `${prefix}/unsent`];
  try {
    const prepared = await prepareLines(
      context,
      {
        bytes: request.content.bytes,
        groups: [{ plan, limits, keep: null }],
        format: provider.format,
        mode: translationMode(context, call),
        openInput: () => context.blobs.open(knownContent(request.content), call.signal),
        prefix,
      },
      call.signal,
    );
    const piece = wholePiece(prepared);
    if (piece === null) return null;
    const sent = await files.upload(toSend(context, { request, content: piece }), call.signal);
    return { sent, recipe: plan.recipe, options: toCopyOption(plan.recipe, prepared.warnings) };
  } finally {
    await removeBlobs(context, made);
  }
}

/** What nothing has to be remembered of but the file itself. */
function wholePiece(prepared: Awaited<ReturnType<typeof prepareLines>>): PreparedPiece | null {
  const [piece] = prepared.pieces;
  const isWhole =
    prepared.pieces.length === 1 && prepared.idsBlob === null && prepared.unsent === null;
  return isWhole ? (piece ?? null) : null;
}

async function planCopy(
  context: GatewayContext,
  call: Call,
  { request, provider }: CopyWork,
): Promise<LinePlan | null> {
  const mode = translationMode(context, call);
  const guard = createLineGuard({ options: guardOption(call.client) });
  try {
    const survey = await surveyLines(
      await context.blobs.open(knownContent(request.content), call.signal),
      {
        guard,
        endpoint: null,
        idRule: formats[provider.format].idRule,
        maxLineBytes: context.maxLineBytes,
      },
      call.signal,
    );
    const forbidden = await guard?.errors({
      provider,
      model: null,
      strangers: (ids) => strangerFiles(context.database, ids, call.client.owners),
    });
    // The batch says that too: nothing of it goes to the provider.
    if (forbidden !== undefined && forbidden.length > 0) return null;
    const endpoint = survey.firstUrl ?? "/v1/chat/completions";
    const target = { provider, endpoint, model: null, variant: null, mode };
    const planned = planLines(survey, target);
    return planned.kind === "planned" ? planned.plan : null;
  } catch (error) {
    // The batch says it, with the line.
    if (error instanceof LineTooLongError) return null;
    throw error;
  }
}

type Stored = Pick<ReceivedContent, "blob" | "bytes" | "sha256">;

function knownContent({ blob: key, bytes, sha256 }: Stored): KnownBlob {
  return { key, bytes, sha256 };
}

function toSend(
  context: GatewayContext,
  { request, content }: { readonly request: CreateFile; readonly content: Stored },
): FileToSend {
  return {
    filename: request.filename,
    purpose: request.purpose,
    mimeType: request.mimeType,
    bytes: content.bytes,
    expiresAfterSeconds: request.expiresAfterSeconds,
    open: (signal, range) => context.blobs.open(knownContent(content), signal, range),
  };
}
