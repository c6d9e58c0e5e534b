import type { OpenAccount } from "../core/accounts.ts";
import { insertAliases } from "../core/aliases.ts";
import type { Batch, BatchError, BatchWarning } from "../core/batch.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
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
import { betasOf } from "./betas.ts";
import type { GatewayContext } from "./context.ts";
import { type AskedFor, claimCreate, type Repeatable, toRepeatable } from "./create-key.ts";
import { insertFile } from "./create-file.ts";
import { inlineFile } from "./inline-requests.ts";
import { fetchInput } from "./fetch-input.ts";
import { countBatch, countUse } from "./key-limits.ts";
import { findFile, noSuchFile } from "./lookup.ts";
import { folderOf, openTarget, placed } from "./mirror.ts";
import { firstModel, modelFor } from "./model-for.ts";
import { refusalOf } from "./refusal.ts";
import { removeBlobs } from "./remove-blobs.ts";
import { resolveProvider } from "./resolve.ts";
import { translationMode } from "./translation-mode.ts";

const DAY_MILLISECONDS = 86_400_000;

/**
 * The row, its wake and a passed-through key are committed together; then the engine hands the batch over, and the answer
 * waits for that so that it can carry the provider's own id, or its refusal. A create that its client sends again waits with it.
 */
export async function createBatch(
  context: GatewayContext,
  call: Call,
  request: CreateBatch,
): Promise<BatchView> {
  checkS3Options(call.client, request.options);
  const arrivedAt = context.now();
  const prepared = await prepare(context, call, request);
  const repeatable = toRepeatable(call, askedFor(request, prepared), arrivedAt);
  for (;;) {
    const batch = newBatch(context, call, { request, ...prepared });
    const madeBefore = await insertBatch(context, call, { batch, repeatable, ...prepared });
    if (madeBefore === null) return answerFirst(context, call, { batch, inline: prepared.inline });
    let isNeeded = false;
    try {
      const view = await answerAgain(context, call, madeBefore);
      if (view !== null) return view;
      // Its provider refused it meanwhile: then there is none, and this create is a first one.
      isNeeded = true;
    } finally {
      if (!isNeeded) await removeBlobs(context, blobsOf(prepared.inline));
    }
  }
}

function askedFor(request: CreateBatch, { account, provider, inline }: Prepared): AskedFor {
  return {
    request,
    owner: account.owner,
    account: account.access.account,
    provider: provider.name,
    sha256: inline?.sha256 ?? null,
  };
}

/** The id of the batch that this create made when it came before; null if it is written now. */
async function insertBatch(
  context: GatewayContext,
  call: Call,
  work: Prepared & { readonly batch: Batch; readonly repeatable: Repeatable },
): Promise<string | null> {
  const { batch, repeatable, inline, missing, provider, account } = work;
  try {
    return await context.database.transaction(async (tables) => {
      const madeBefore = await claimCreate(tables, repeatable, batch.id);
      if (madeBefore !== null) return madeBefore;
      // Not before: a create that comes again gets its batch, though its file is gone by now.
      if (missing !== null) throw missing;
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
      return null;
    });
  } catch (error) {
    // Of a commit whose answer is missing the batch may be there, and then reads these bytes.
    const isUndone = isGatewayError(error) && error.code !== "storage_unavailable";
    if (isUndone) await removeBlobs(context, blobsOf(inline));
    throw error;
  }
}

async function answerFirst(
  context: GatewayContext,
  call: Call,
  { batch, inline }: { readonly batch: Batch; readonly inline: StoredFile | null },
): Promise<BatchView> {
  context.telemetry.batchState(batch.provider, "validating");
  if (inline !== null) {
    context.telemetry.moved("in", { bytes: inline.bytes, lines: inline.lines ?? 0 });
  }
  const handedOver = await handOver(context, call, batch.id);
  if (handedOver === null) {
    throw new GatewayError("internal", "a batch vanished while it was handed over");
  }
  const { native, options } = handedOver;
  // As it was made, like every create; a retrieve tells how far it has come since.
  return viewOf({ ...batch, native, options });
}

/** Null if there is no such batch any more. */
async function answerAgain(
  context: GatewayContext,
  call: Call,
  batchId: string,
): Promise<BatchView | null> {
  const handedOver = await handOver(context, call, batchId);
  return handedOver === null ? null : viewOf(handedOver);
}

/** Waits for the provider's word; throws its refusal, which undoes the batch. */
async function handOver(
  context: GatewayContext,
  call: Call,
  batchId: string,
): Promise<Batch | null> {
  const wait = context.handOverMilliseconds;
  const handedOver = await context.engine.handedOver(batchId, wait, call.signal);
  if (handedOver === null) return null;
  const refusal = refusalOf(handedOver);
  if (refusal === null) return showOurs(context, handedOver);
  await forgetBatch(context, handedOver);
  throw refusal;
}

/** It was never acknowledged, so there is nothing to keep, nor of what came inside the create. */
async function forgetBatch(context: GatewayContext, batch: Batch): Promise<void> {
  const { id, owner, inputFileId } = batch;
  const isOwn = batch.options["inline"] === true && inputFileId !== null;
  const inline = isOwn ? await context.database.files.get(inputFileId, [owner]) : null;
  await context.database.transaction(async (tables) => {
    await tables.batches.delete(id, [owner]);
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
  /** What a tenant is told whose input isn't there. An open gateway's clients get a batch that fails, as at OpenAI. */
  readonly missing: GatewayError | null;
  readonly provider: Provider;
  readonly account: OpenAccount;
}

async function prepare(
  context: GatewayContext,
  call: Call,
  request: CreateBatch,
): Promise<Prepared> {
  if (request.input.kind !== "file") {
    const { content } = request.input;
    const model = request.model ?? (await firstModel(context, content, call.signal));
    const provider = resolveProvider(call, context.providers, { model });
    checkEndpoint(provider, request.endpoint);
    const place = placed(call, request.options);
    const { account } = openTarget(context, place, { provider, model, account: null });
    const inline = inlineFile(context, call, { content, provider, account });
    return { input: inline, inline, missing: null, provider, account };
  }
  const { id } = request.input;
  const found = await findFile(context, call, id);
  const isTold = found === null && call.client.grant !== null;
  const missing = isTold ? noSuchFile(id, { param: "input_file_id" }) : null;
  try {
    return await prepareFile(context, call, { request, found, missing });
  } catch (error) {
    // Where it would have run doesn't matter then, nor whether its key may use that.
    throw missing !== null && isGatewayError(error) ? missing : error;
  }
}

async function prepareFile(
  context: GatewayContext,
  call: Call,
  {
    request,
    found,
    missing,
  }: Pick<Prepared, "missing"> & {
    readonly request: CreateBatch;
    readonly found: StoredFile | null;
  },
): Promise<Prepared> {
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
  return { input, inline: null, missing, provider, account };
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
  }: Pick<Prepared, "input" | "provider" | "account"> & { readonly request: CreateBatch },
): Batch {
  const now = context.now();
  const createdAt = wholeSecond(now);
  const rejection = rejectionOf(input);
  const betas = betasOf(call, provider);
  const options: JsonObject = {
    // Where a file was put is remembered for its batches at the same provider.
    ...(input?.provider === provider.name ? placeOf(input.options) : {}),
    ...request.options,
    ...folderOf(call.client),
    ...guardOption(call.client),
    ...(request.input.kind === "content" ? { inline: true } : {}),
    translation: translationMode(context, call),
    headers: account.access.headers,
    ...(betas.length === 0 ? {} : { betas }),
    ...(input?.blob === null || input === null
      ? {}
      : { inputBlob: input.blob, inputSha256: input.sha256 }),
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
