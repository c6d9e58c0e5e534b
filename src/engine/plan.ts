import type { Batch, BatchError, BatchWarning, Part } from "../core/batch.ts";
import type { FileCopy } from "../core/file.ts";
import type { KnownBlob } from "../core/blobs.ts";
import type { Provider } from "../core/provider.ts";
import { strangerFiles } from "../core/aliases.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import type { PartLimits } from "../lines/part-cutter.ts";
import { copyWarnings } from "../lines/copy-record.ts";
import { type PreparedRecord, toOption } from "../lines/prepared-record.ts";
import type { LinesAhead } from "../lines/lines-ahead.ts";
import { type LineGroup, type PreparedLines, prepareLines } from "../lines/prepare.ts";
import { createLineGuard } from "../lines/line-guard.ts";
import { type Survey, surveyLines } from "../lines/survey.ts";
import {
  faultsAcrossParts,
  type LinePlan,
  planByModel,
  planLines,
  type Target,
} from "../lines/target.ts";
import { lineIndexKey, preparedPrefix } from "./blob-keys.ts";
import type { EngineContext } from "./context.ts";
import type { EarlySubmissions } from "./early-submissions.ts";
import { failBatch } from "./end.ts";
import { confirmInput, findCopy, inputBlob, openInput } from "./input.ts";
import { newPart, type PartShare } from "./new-part.ts";
import { evenLimits, limitsOf, NO_LIMITS, refuseTooFew, runsDirectly } from "./part-sizes.ts";
import { type BatchWork, openAhead, prepareContext } from "./open-ahead.ts";
import type { PartWork } from "./part-work.ts";
import { changeBatch } from "./rows.ts";

/**
 * Reads the input, stores where each line lies, translates the lines for their provider and writes the Part rows. Running it
 * twice does no harm. Null: the batch can't be sent, and has ended.
 */
export async function planBatch(
  context: EngineContext,
  { batch, early }: Pick<PartWork, "batch" | "early">,
  signal: AbortSignal,
): Promise<readonly Part[] | null> {
  const provider = context.providers.get(batch.provider);
  const planned =
    inputBlob(batch) === null
      ? unread(batch, provider)
      : await planInput(
          context,
          { batch, provider, early, pass: context.newId(context.now()) },
          signal,
        );
  if (planned.errors.length > 0) {
    await confirmInput(context, batch, signal);
    await failBatch(context, batch, planned.errors);
    return null;
  }
  await context.database.transaction(async (tables) => {
    // Two passes may have planned at once: the version lets one of them through.
    await changeBatch(tables, batch.id, (current) => ({
      model: current.model ?? planned.model,
      models: planned.models,
      mode: planned.shares.some(({ mode }) => mode === "native") ? "native" : "direct",
      priceTier: planned.shares.some(({ mode }) => mode === "native") ? "batch" : "sync",
      counts: { ...current.counts, total: Math.max(planned.lines, current.counts.total) },
      warnings: [...current.warnings, ...planned.warnings],
      options: { ...current.options, ...planned.options, planned: true },
    }));
    const existing = await tables.batches.parts(batch.id);
    if (existing.length > 0) return;
    for (const [index, share] of planned.shares.entries()) {
      await tables.batches.insertPart(newPart(context, batch, { ...share, number: index + 1 }));
    }
  });
  return context.database.batches.parts(batch.id);
}

/** The lines of a batch that is one Part, prepared though there was a copy of them; null if they are something else now. */
export async function preparedShare(context: EngineContext, batch: Batch, signal: AbortSignal) {
  const provider = context.providers.get(batch.provider);
  const pass = context.newId(context.now());
  const { shares } = await planInput(context, { batch, provider, early: null, pass }, signal);
  const [share] = shares;
  if (share === undefined || shares.length > 1 || share.inputBlob === null) return null;
  return { blob: share.inputBlob, bytes: share.bytes, sha256: share.inputSha256 ?? null };
}

interface PlannedBatch {
  readonly shares: readonly PartShare[];
  readonly lines: number;
  readonly model: string | null;
  readonly models: readonly string[];
  readonly warnings: readonly BatchWarning[];
  readonly options: Batch["options"];
  readonly errors: readonly BatchError[];
}

const NOTHING: PlannedBatch = {
  shares: [],
  lines: 0,
  model: null,
  models: [],
  warnings: [],
  options: {},
  errors: [],
};

/** The bytes are only at the provider, which reads them itself. */
function unread(batch: Batch, { name }: Provider): PlannedBatch {
  if (createLineGuard(batch) !== null) {
    const message = `The input lies only at ${name}, where this key's lines can't be checked. Upload it here.`;
    const param = "input_file_id";
    return { ...NOTHING, errors: [{ code: "invalid_request", message, param, line: null }] };
  }
  const share = { firstLine: 1, lines: 0, bytes: batch.bytes, model: batch.model } as const;
  return { ...NOTHING, shares: [{ ...share, models: [], mode: "native", inputBlob: null }] };
}

const EMPTY: BatchError = {
  code: "empty_file",
  message: "The input file is empty. A batch needs at least one line.",
  param: null,
  line: null,
};

const NOTHING_PREPARED = { idsBlob: null, unsent: null } as const;

async function planInput(
  context: EngineContext,
  work: BatchWork,
  signal: AbortSignal,
): Promise<PlannedBatch> {
  const { batch, provider } = work;
  const mode: TranslationMode = batch.options["translation"] === "strict" ? "strict" : "warn";
  const variant = variantOf(batch);
  const { endpoint, model } = batch;
  const target = { provider, endpoint, model, variant, mode, betas: betasOf(batch) };
  const ahead = openAhead(context, { ...work, target }, signal);
  try {
    return await planSurveyed(context, { ...work, target, ahead }, signal);
  } finally {
    await ahead?.drop();
  }
}

async function planSurveyed(
  context: EngineContext,
  work: BatchWork & { readonly target: Target; readonly ahead: LinesAhead | null },
  signal: AbortSignal,
): Promise<PlannedBatch> {
  const { batch, provider, target, ahead } = work;
  const { mode, variant } = target;
  const guard = createLineGuard(batch);
  const survey = await surveyLines(
    await openInput(context, batch, signal),
    {
      ahead,
      guard,
      endpoint: batch.endpoint,
      idRule: formats[provider.format].idRule,
      maxLineBytes: context.settings.maxLineBytes,
    },
    signal,
  );
  const forbidden = await guard?.errors({
    provider,
    model: batch.model,
    strangers: (ids) => strangerFiles(context.database, ids, [batch.owner]),
  });
  if (forbidden !== undefined && forbidden.length > 0) return { ...NOTHING, errors: forbidden };
  const key = lineIndexKey(batch.id);
  const stored = await context.blobs.put(key, survey.index.stored(), signal);
  const index = { key, ...stored };
  if (survey.lines === 0) return { ...NOTHING, errors: [EMPTY] };
  const byModel = planByModel(survey, target);
  if (byModel !== null) {
    return planModels(context, { ...work, survey, index, mode, variant, byModel }, signal);
  }
  const planned = planLines(survey, target);
  if (planned.kind === "refused") return { ...NOTHING, errors: planned.errors };
  const { plan } = planned;
  const tooFew = refuseTooFew(survey.lines, provider);
  if (tooFew !== null) return { ...NOTHING, errors: [tooFew] };
  const common = { lines: survey.lines, model: modelOf(plan), models: plan.models };
  const share = { firstLine: 1, lines: survey.lines, model: plan.model, models: plan.models };
  const option = { ...NOTHING_PREPARED, index, lines: survey.lines, variant };
  const limits = limitsOf({ lines: survey.lines, bytes: batch.bytes }, provider);
  const fits = survey.lines <= limits.lines && batch.bytes <= limits.bytes;
  const isDirect = runsDirectly(survey.lines, provider);
  const whole = { ...share, bytes: batch.bytes, inputBlob: null, mode: modeOf(isDirect) };
  if (plan.isUntouched && (fits || isDirect)) {
    return {
      ...NOTHING,
      ...common,
      shares: [whole],
      warnings: isDirect ? [directWarning(survey.lines)] : [],
      options: toOption(option),
    };
  }
  const copy = isDirect || !fits ? null : await findCopy(context, batch, plan.recipe);
  if (copy !== null) {
    const { bytes, nativeId } = copy;
    const shares = [{ ...whole, bytes, inputNativeId: nativeId, recipe: copy.recipe }];
    const warnings = await warningsOfCopy(context, copy);
    return { ...NOTHING, ...common, shares, warnings, options: toOption(option) };
  }
  // Each Part's provider sees only its own lines.
  const unseen = plan.isUntouched ? faultsAcrossParts(survey) : [];
  if (unseen.length > 0) return { ...NOTHING, errors: unseen };
  const within = (size: PartLimits) => [{ plan, limits: size, keep: null }];
  let groups = within(isDirect ? NO_LIMITS : limits);
  const made = isDirect ? null : await ahead?.take(plan, { limits, lines: survey.lines });
  let prepared = made ?? (await prepareGroups(context, { ...work, mode, groups }, signal));
  const even = isDirect ? null : evenLimits(prepared, provider);
  if (even !== null) {
    groups = within(even);
    prepared = await prepareGroups(context, { ...work, mode, groups }, signal);
  }
  const early = prepared === made ? work.early : null;
  return { ...common, ...partsOf(prepared, { groups, provider, option, early }) };
}

interface ModelWork extends BatchWork {
  readonly survey: Survey;
  readonly index: KnownBlob;
  readonly mode: TranslationMode;
  readonly variant: string | null;
  readonly byModel: NonNullable<ReturnType<typeof planByModel>>;
}

/** A job takes one model: those of each are Parts of their own. */
async function planModels(
  context: EngineContext,
  work: ModelWork,
  signal: AbortSignal,
): Promise<PlannedBatch> {
  const { survey, index, provider, variant, byModel } = work;
  if ("errors" in byModel) return { ...NOTHING, errors: byModel.errors };
  const groups: LineGroup[] = [];
  for (const { plan, keep, ...size } of byModel) {
    const tooFew = refuseTooFew(size.lines, provider);
    if (tooFew !== null) return { ...NOTHING, errors: [tooFew] };
    const isDirect = runsDirectly(size.lines, provider);
    groups.push({ plan, keep, limits: isDirect ? NO_LIMITS : limitsOf(size, provider) });
  }
  const prepared = await prepareGroups(context, { ...work, groups }, signal);
  const option = { ...NOTHING_PREPARED, index, lines: survey.lines, variant };
  const models = groups.flatMap(({ plan }) => plan.model ?? plan.models);
  return {
    lines: survey.lines,
    model: null,
    models,
    ...partsOf(prepared, { groups, provider, option, early: null }),
  };
}

function prepareGroups(
  context: EngineContext,
  work: BatchWork & { readonly mode: TranslationMode; readonly groups: readonly LineGroup[] },
  signal: AbortSignal,
): Promise<PreparedLines> {
  const { batch, provider, pass, mode, groups } = work;
  return prepareLines(
    prepareContext(context),
    {
      bytes: batch.bytes,
      groups,
      format: provider.format,
      mode,
      openInput: () => openInput(context, batch, signal),
      prefix: preparedPrefix(batch.id),
      // A process that lost its turn, and writes all the same, overwrites nothing.
      pass,
    },
    signal,
  );
}

interface Grouping {
  readonly groups: readonly LineGroup[];
  readonly provider: Provider;
  readonly option: PreparedRecord;
  /** The requests that these very lines are in. */
  readonly early: EarlySubmissions | null;
}

function partsOf(prepared: PreparedLines, grouping: Grouping) {
  const { option } = grouping;
  const shares = sharesOf(prepared, grouping);
  const direct = shares.filter((each) => each.mode === "direct");
  const directLines = direct.reduce((sum, each) => sum + each.lines, 0);
  return {
    shares,
    warnings: [
      ...prepared.warnings,
      ...unsentWarnings(prepared),
      ...(direct.length === 0 ? [] : [directWarning(directLines)]),
    ],
    options: toOption({ ...option, idsBlob: prepared.idsBlob, unsent: prepared.unsent }),
    errors: prepared.errors,
  };
}

function sharesOf(
  { pieces }: PreparedLines,
  { groups, provider, early }: Grouping,
): readonly PartShare[] {
  let firstLine = 1;
  return pieces.flatMap(({ group, blob, bytes, sha256, lines }, index): readonly PartShare[] => {
    const plan = groups[group]?.plan;
    if (plan === undefined) return [];
    const { model, models } = plan;
    const mode = modeOf(runsDirectly(lines, provider));
    const own = { bytes, inputBlob: blob, inputSha256: sha256 };
    const named = { early: early?.partOf(index + 1) };
    const share = { firstLine, lines, ...own, ...named, model, models, mode };
    firstLine += lines;
    return [share];
  });
}

/** What was said when the copy was made. */
async function warningsOfCopy(
  context: EngineContext,
  { fileId, recipe }: FileCopy,
): Promise<readonly BatchWarning[]> {
  const file = await context.database.files.get(fileId, "every");
  return file === null ? [] : copyWarnings(file, recipe);
}

function modeOf(isDirect: boolean): Part["mode"] {
  return isDirect ? "direct" : "native";
}

/** The model that a batch shows: the one there is. */
function modelOf({ model, models }: LinePlan): string | null {
  return model ?? (models.length === 1 ? (models[0] ?? null) : null);
}

/** Where one model takes several bodies, the client may choose: Bedrock's `modelInvocationType`. */
function variantOf({ options }: Batch): string | null {
  const variant = options["model_invocation_type"];
  return typeof variant === "string" ? variant : null;
}

function betasOf({ options: { betas } }: Batch): readonly string[] {
  return Array.isArray(betas) ? betas.filter((beta) => typeof beta === "string") : [];
}

function directWarning(lines: number): BatchWarning {
  return {
    code: "direct_run",
    message:
      "The provider's batch API doesn't take these lines, so they are run one by one, at the synchronous price.",
    field: null,
    lines,
    firstLines: [],
  };
}

function unsentWarnings({ unsent }: PreparedLines): readonly BatchWarning[] {
  if (unsent === null) return [];
  const message =
    "These lines can't be said in the provider's format and weren't sent; the error file says why.";
  return [{ code: "lines_not_sent", message, field: null, lines: unsent.lines, firstLines: [] }];
}
