import { strangerFiles } from "../core/aliases.ts";
import type { FileToSend, Provider, Upstream, UpstreamFile } from "../core/provider.ts";
import type { KnownBlob } from "../core/blobs.ts";
import type { Call, CreateFile, ReceivedContent } from "../core/gateway.ts";
import type { JsonObject } from "../core/json.ts";
import { formats } from "../formats/formats.ts";
import { LineTooLongError } from "../lib/line-splitter.ts";
import { toCopyOption } from "../lines/copy-record.ts";
import { createLineGuard, guardOption } from "../lines/line-guard.ts";
import { STANDARD_ENDPOINT } from "../lines/lines-ahead.ts";
import type { PartLimits } from "../lines/part-cutter.ts";
import { blobsOf, type PreparedLines, type PreparedPiece, prepareLines } from "../lines/prepare.ts";
import { surveyLines } from "../lines/survey.ts";
import { type LinePlan, planLines } from "../lines/target.ts";
import type { TranslationMode } from "../core/write-context.ts";
import type { GatewayContext } from "./context.ts";
import { type CopyAhead, takeCopyAhead } from "./copy-ahead.ts";
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
  const ahead = takeCopyAhead(request.content);
  try {
    if (files === undefined || !(isInput ? provider.takesInputFiles : provider.keepsFiles))
      return null;
    const mode = isInput ? translationMode(context, call) : null;
    const same = ahead?.provider === provider && ahead.mode === mode ? ahead : null;
    const plan =
      mode === null ? null : await planCopy(context, call, { ...work, mode, ahead: same });
    if (mode !== null && plan === null) return null;
    if (mode === null || plan === null || plan.isUntouched) {
      const sent = await files.upload(
        toSend(context, { request, content: request.content }),
        call.signal,
      );
      return { sent, recipe: "bytes", options: {} };
    }
    const limits = { lines: provider.limits.maxLines, bytes: provider.limits.maxBytes };
    const made = await same?.lines.take(plan, { limits, lines: same.survey.lines });
    const prepared = made ?? (await prepareCopy(context, call, { ...work, mode, plan, limits }));
    try {
      const piece = wholePiece(prepared);
      if (piece === null) return null;
      const sent = await files.upload(toSend(context, { request, content: piece }), call.signal);
      return { sent, recipe: plan.recipe, options: toCopyOption(plan.recipe, prepared.warnings) };
    } finally {
      await removeBlobs(context, blobsOf(prepared));
    }
  } finally {
    await ahead?.lines.drop();
  }
}

function prepareCopy(
  context: GatewayContext,
  call: Call,
  {
    request,
    provider,
    mode,
    plan,
    limits,
  }: CopyWork & {
    readonly mode: TranslationMode;
    readonly plan: LinePlan;
    readonly limits: PartLimits;
  },
): Promise<PreparedLines> {
  return prepareLines(
    context,
    {
      bytes: request.content.bytes,
      groups: [{ plan, limits, keep: null }],
      format: provider.format,
      mode,
      openInput: () => context.blobs.open(knownContent(request.content), call.signal),
      prefix: `prepared/${context.newId(context.now())}`,
    },
    call.signal,
  );
}

/** What nothing has to be remembered of but the file itself. */
function wholePiece({ pieces, idsBlob, unsent }: PreparedLines): PreparedPiece | null {
  const isWhole = pieces.length === 1 && idsBlob === null && unsent === null;
  return isWhole ? (pieces[0] ?? null) : null;
}

async function planCopy(
  context: GatewayContext,
  call: Call,
  {
    request,
    provider,
    mode,
    ahead,
  }: CopyWork & { readonly mode: TranslationMode; readonly ahead: CopyAhead | null },
): Promise<LinePlan | null> {
  const guard = ahead?.guard ?? createLineGuard({ options: guardOption(call.client) });
  try {
    const { idRule } = formats[provider.format];
    const { maxLineBytes } = context;
    const survey =
      ahead?.survey ??
      (await surveyLines(
        await context.blobs.open(knownContent(request.content), call.signal),
        { guard, endpoint: null, idRule, maxLineBytes },
        call.signal,
      ));
    const forbidden = await guard?.errors({
      provider,
      model: null,
      strangers: (ids) => strangerFiles(context.database, ids, call.client.owners),
    });
    // The batch says that too: nothing of it goes to the provider.
    if (forbidden !== undefined && forbidden.length > 0) return null;
    const endpoint = survey.firstUrl ?? STANDARD_ENDPOINT;
    const target = { provider, endpoint, model: null, variant: null, mode };
    const planned = planLines(survey, target);
    return planned.kind === "planned" ? planned.plan : null;
  } catch (error) {
    // The batch says it, with the line.
    if (error instanceof LineTooLongError) return null;
    throw error;
  }
}

type Stored = Omit<KnownBlob, "key"> & Pick<ReceivedContent, "blob">;

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
