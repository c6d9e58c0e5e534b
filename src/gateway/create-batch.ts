import type { OpenAccount } from "../core/accounts.ts";
import { insertAliases } from "../core/aliases.ts";
import type { Batch, BatchError, BatchWarning } from "../core/batch.ts";
import type { ErrorCode } from "../core/errors.ts";
import { ERRORS, GatewayError, isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { BatchView, Call, CreateBatch } from "../core/gateway.ts";
import type { JsonObject } from "../core/json.ts";
import type { Provider } from "../core/provider.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import { formats } from "../formats/formats.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import { guardOption } from "../lines/line-guard.ts";
import { endpointsOf, hasEndpoint } from "../lines/endpoints.ts";
import { actorOf } from "./actor.ts";
import { viewOf } from "./batch-view.ts";
import type { GatewayContext } from "./context.ts";
import { insertFile } from "./create-file.ts";
import { receiveInlineRequests } from "./inline-requests.ts";
import { fetchInput } from "./fetch-input.ts";
import { countBatch, countUse } from "./key-limits.ts";
import { findFile } from "./lookup.ts";
import { folderOf, openTarget, placed } from "./mirror.ts";
import { firstModel, modelFor } from "./model-for.ts";
import { removeBlobs } from "./remove-blobs.ts";
import { resolveProvider } from "./resolve.ts";
import { translationMode } from "./translation-mode.ts";

const DAY_MILLISECONDS = 86_400_000;

/**
 * The row, its wake and a passed-through key are committed together; then the engine hands the batch over, and the answer
 * waits for that so that it can carry the provider's own id, or its refusal.
 */
export async function createBatch(
  context: GatewayContext,
  call: Call,
  request: CreateBatch,
): Promise<BatchView> {
  checkS3Options(call.client, request.options);
  const prepared = await prepare(context, call, request);
  const batch = newBatch(context, call, { request, ...prepared });
  await insertBatch(context, call, { batch, ...prepared });
  context.telemetry.batchState(batch.provider, "validating");
  if (prepared.inline !== null) {
    const { bytes, lines } = prepared.inline;
    context.telemetry.moved("in", { bytes, lines: lines ?? 0 });
  }
  const handedOver = await context.engine.handedOver(
    batch.id,
    context.handOverMilliseconds,
    call.signal,
  );
  const refusal = refusalOf(handedOver);
  if (refusal !== null) {
    await forgetBatch(context, batch, prepared.inline);
    throw refusal;
  }
  const { native, options } = await showOurs(context, handedOver);
  // As it was made, like every create; a retrieve tells how far it has come since.
  return viewOf({ ...batch, native, options });
}

async function insertBatch(
  context: GatewayContext,
  call: Call,
  { batch, inline, provider, account }: Prepared & { readonly batch: Batch },
): Promise<void> {
  try {
    await context.database.transaction(async (tables) => {
      if (inline !== null) await insertFile(context, tables, { call, file: inline, copy: null });
      const { client } = call;
      await countUse(tables, client, { lines: batch.counts.total, bytes: 0, now: context.now() });
      await tables.batches.insert(batch);
      await countBatch(tables, client, batch.id);
      await insertAliases(tables, "batch", batch);
      await context.accounts.keep(account.access, provider, tables);
      await tables.events.append({
        id: context.newId(batch.times.createdAt),
        at: batch.times.createdAt,
        owner: batch.owner,
        actor: actorOf(call.client, batch),
        kind: "batch",
        objectId: batch.id,
        what: "created",
        data: { provider: provider.name, endpoint: batch.endpoint },
      });
      await context.scheduler.wake(`batch:${batch.id}`, context.now(), tables);
    });
  } catch (error) {
    await removeBlobs(context, blobsOf(inline));
    throw error;
  }
}

/** It was never acknowledged, so there is nothing to keep. */
async function forgetBatch(
  context: GatewayContext,
  batch: Batch,
  inline: StoredFile | null,
): Promise<void> {
  await context.database.transaction(async (tables) => {
    await tables.batches.delete(batch.id, [batch.owner]);
    if (inline !== null) await tables.files.delete(inline.id, [inline.owner]);
  });
  await removeBlobs(context, blobsOf(inline));
}

function blobsOf(file: StoredFile | null): readonly string[] {
  return file === null || file.blob === null ? [] : [file.blob];
}

/** A client that was told our id goes on seeing it, also when the provider's becomes known later. */
async function showOurs(context: GatewayContext, batch: Batch): Promise<Batch> {
  let current = batch;
  while (current.native === null && current.options["shown"] !== "ours") {
    try {
      return await context.database.batches.update(current, {
        options: { ...current.options, shown: "ours" },
      });
    } catch (error) {
      if (!isGatewayError(error, "stale")) throw error;
      current = (await context.database.batches.get(batch.id, [batch.owner])) ?? batch;
    }
  }
  return current;
}

interface Prepared {
  readonly input: StoredFile | null;
  /** The same, where it came inside the create and isn't saved yet. */
  readonly inline: StoredFile | null;
  readonly provider: Provider;
  readonly account: OpenAccount;
}

async function prepare(
  context: GatewayContext,
  call: Call,
  request: CreateBatch,
): Promise<Prepared> {
  if (request.input.kind !== "file") {
    const model = request.model ?? (await firstModel(context, request.input, call.signal));
    const provider = resolveProvider(call, context.providers, { model });
    checkEndpoint(provider, request.endpoint);
    const place = placed(call, request.options);
    const { account } = openTarget(context, place, { provider, model, account: null });
    const inline = await receiveInlineRequests(context, call, {
      input: request.input,
      provider,
      account,
    });
    return { input: inline, inline, provider, account };
  }
  const found = await findFile(context, call, request.input.id);
  const provider = resolveProvider(call, context.providers, {
    ofObject: found?.provider ?? null,
    model: request.model,
  });
  checkEndpoint(provider, request.endpoint);
  const { account } = openTarget(context, placed(call, request.options), {
    provider,
    model: request.model ?? (await modelOfFile(context, provider, { file: found, call })),
    account: found?.account ?? null,
  });
  const input = found === null ? null : await fetchInput(context, call, { file: found, provider });
  return { input, inline: null, provider, account };
}

async function modelOfFile(
  context: GatewayContext,
  provider: Provider,
  { file, call }: { readonly file: StoredFile | null; readonly call: Call },
): Promise<string | null> {
  if (file === null || file.blob === null) return null;
  return modelFor(context, provider, { blob: file.blob, bytes: file.bytes, signal: call.signal });
}

/** Said at once: no line could ever be sent. */
function checkEndpoint({ name, format }: Provider, endpoint: string): void {
  if (hasEndpoint(formats[format], endpoint)) return;
  throw new GatewayError(
    "invalid_request",
    `'${endpoint}' has no equivalent at '${name}'. Its batches take ${endpointsOf(formats[format]).join(", ")}.`,
    { param: "endpoint", reason: "invalid_value" },
  );
}

function newBatch(
  context: GatewayContext,
  call: Call,
  {
    request,
    input,
    provider,
    account,
  }: Omit<Prepared, "inline"> & { readonly request: CreateBatch },
): Batch {
  const now = context.now();
  const createdAt = wholeSecond(now);
  const rejection = rejectionOf(input);
  const options: JsonObject = {
    // Where a file was put is remembered for its batches at the same provider.
    ...(input?.provider === provider.name ? placeOf(input.options) : {}),
    ...request.options,
    ...folderOf(call.client),
    ...guardOption(call.client),
    translation: translationMode(context, call),
    headers: account.access.headers,
    ...(input?.blob === null || input === null ? {} : { inputBlob: input.blob }),
    ...(input === null && request.input.kind === "file" ? { inputFileId: request.input.id } : {}),
    ...(request.outputExpiresAfterSeconds === null
      ? {}
      : { outputExpiresAfterSeconds: request.outputExpiresAfterSeconds }),
    ...(rejection === null ? {} : { rejection: rejection.code }),
  };
  return {
    id: context.newId(now),
    owner: account.owner,
    account: account.access.account,
    dialect: call.dialect,
    provider: provider.name,
    origin: "client",
    native: null,
    state: "validating",
    endpoint: request.endpoint,
    inputFileId: input?.id ?? null,
    outputFileId: null,
    errorFileId: null,
    natives: { input: input?.native ?? null, output: null, error: null },
    model: request.model,
    models: [],
    mode: "native",
    priceTier: "batch",
    completionWindow: request.completionWindow,
    metadata: request.metadata,
    counts: { total: input?.lines ?? 0, completed: 0, failed: 0 },
    bytes: input?.bytes ?? 0,
    usage: null,
    errors: rejection === null ? [] : [rejection],
    warnings: ignoredOptions(request, provider),
    times: {
      createdAt,
      expiresAt: createdAt + DAY_MILLISECONDS,
      submittedAt: null,
      inProgressAt: null,
      finalizingAt: null,
      completedAt: null,
      failedAt: null,
      expiredAt: null,
      cancellingAt: null,
      cancelledAt: null,
    },
    polledAt: null,
    parent: null,
    selectedLines: null,
    options,
    version: 1,
  };
}

/** What means something to other providers only. */
function ignoredOptions({ options }: CreateBatch, provider: Provider): readonly BatchWarning[] {
  if (provider.hasForeignFiles) return [];
  return Object.keys(options).map((field) => ({
    code: "option_ignored",
    message: `'${field}' means nothing to '${provider.name}'.`,
    field,
    lines: null,
    firstLines: [],
  }));
}

function placeOf({ storage_config: place }: JsonObject): JsonObject {
  return place === undefined ? {} : { storage_config: place };
}

/** A file that is missing or meant for something else fails the batch, not the create: as at OpenAI. */
function rejectionOf(input: StoredFile | null): BatchError | null {
  const about = { code: "invalid_request", param: "file_id", line: null };
  if (input === null) return { ...about, message: "The input file does not exist." };
  if (input.purpose !== "batch") {
    return {
      ...about,
      message: `The input file has purpose '${input.purpose}'; a batch needs 'batch'.`,
    };
  }
  return null;
}

/** What the provider said when it refused the create, as the engine wrote it down. */
function refusalOf(batch: Batch): GatewayError | null {
  const refusal = batch.options["refusal"];
  if (
    batch.state !== "failed" ||
    typeof refusal !== "object" ||
    refusal === null ||
    Array.isArray(refusal)
  )
    return null;
  const text = (name: string) => {
    const value = "message" in refusal ? refusal[name] : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const code = text("code");
  const param = text("param");
  const reason = text("reason");
  const upstreamType = text("upstreamType");
  return new GatewayError(
    isErrorCode(code) ? code : "upstream_rejected",
    text("message") ?? "The provider refused the batch.",
    {
      ...(param === undefined ? {} : { param }),
      ...(reason === undefined ? {} : { reason }),
      ...(upstreamType === undefined ? {} : { upstreamType }),
    },
  );
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERRORS, code);
}
