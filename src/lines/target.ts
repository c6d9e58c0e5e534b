import type { BatchError } from "../core/batch.ts";
import { CodecError } from "../core/codec-error.ts";
import type { Format } from "../core/format.ts";
import type { Endpoint } from "../core/lines.ts";
import { withoutPrefix } from "../core/model-name.ts";
import type { Provider } from "../core/provider.ts";
import type { Side } from "../core/translation.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import { parseEndpoint } from "../formats/openai/endpoints.ts";
import { createMap, type MapRecipe, type RecipeSide } from "./map-recipe.ts";
import type { Survey } from "./survey.ts";

/** Where lines are to go, and what the client said of how. */
export interface Target {
  readonly provider: Pick<Provider, "format" | "limits" | "modelPrefix" | "hasBatches">;
  /** `/v1/chat/completions` */
  readonly endpoint: string;
  /** For lines that name none. */
  readonly model: string | null;
  readonly variant: string | null;
  readonly mode: TranslationMode;
  /** As `Side.betas`. */
  readonly betas?: readonly string[];
}

/** How surveyed lines get to their target. */
export interface LinePlan {
  /** The bytes go as they are. */
  readonly isUntouched: boolean;
  /** As the provider names it; null where lines may name several. */
  readonly model: string | null;
  readonly models: readonly string[];
  /** The same recipe makes the same bytes of the same lines. */
  readonly recipe: string;
  /** Null: the lines go as they are. */
  readonly map: MapRecipe | null;
}

export type Planned =
  | { readonly kind: "planned"; readonly plan: LinePlan }
  /** The lines can't go there, and why. */
  | { readonly kind: "refused"; readonly errors: readonly BatchError[] };

/** The lines of one model, and how they get there. */
export interface ModelPlan {
  readonly plan: LinePlan;
  readonly keep: (row: number) => boolean;
  readonly lines: number;
  readonly bytes: number;
}

/** Where a job takes one model, the lines of each are a job's; null where there is no need to part them. */
export function planByModel(
  survey: Survey,
  target: Target,
): readonly ModelPlan[] | { readonly errors: readonly BatchError[] } | null {
  const { limits, hasBatches, modelPrefix } = target.provider;
  const rename = (model: string) => withoutPrefix(model, modelPrefix);
  const models = [...new Set(survey.models.map(({ name }) => rename(name)))];
  if (!limits.oneModel || !hasBatches || target.model !== null || models.length < 2) return null;
  const errors = [
    ...doubledIds(survey),
    ...survey.otherEndpoints,
    ...namelessLine(survey),
    ...tooManyModels(models),
  ];
  if (errors.length > 0) return { errors: errors.slice(0, MAX_ERRORS) };
  const plans: ModelPlan[] = [];
  for (const model of models) {
    const ofModel = survey.models.filter(({ name }) => rename(name) === model);
    const planned = planLines({ ...survey, models: ofModel }, target);
    if (planned.kind === "refused") return planned;
    const numbers = new Set(ofModel.map((each) => survey.models.indexOf(each)));
    plans.push({
      plan: planned.plan,
      keep: (row) => numbers.has(survey.modelOf(row)),
      lines: ofModel.reduce((sum, { lines }) => sum + lines, 0),
      bytes: ofModel.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  }
  return plans;
}

function namelessLine({ firstWithoutModel: line }: Survey): readonly BatchError[] {
  if (line === null) return [];
  const message =
    "This line names no model, and others name several: give each its model, or `model` with the batch.";
  return [{ code: "invalid_request", message, param: "body.model", line }];
}

/** The input is read once for each. */
const MAX_MODELS = 100;

function tooManyModels(models: readonly string[]): readonly BatchError[] {
  if (models.length <= MAX_MODELS) return [];
  const message = `The lines name ${models.length} models; at most ${MAX_MODELS} can be told apart in one batch here.`;
  return [{ code: "too_many_models", message, param: "body.model", line: null }];
}

/** What no provider sees that gets only a part of the lines. */
export function faultsAcrossParts(survey: Survey): readonly BatchError[] {
  return [...doubledIds(survey), ...survey.otherEndpoints].slice(0, MAX_ERRORS);
}

export function planLines(survey: Survey, target: Target): Planned {
  const { provider, variant, mode, betas = [] } = target;
  const format = formats[provider.format];
  const isOwnFormat = survey.format === format.name || survey.format === null;
  const rename = (model: string) => withoutPrefix(model, provider.modelPrefix);
  const fill = target.model === null ? null : rename(target.model);
  const models = [...new Set(survey.models.map(({ name }) => rename(name)))];
  const isEdited =
    survey.models.some(({ name }) => rename(name) !== name) ||
    (fill !== null && survey.firstWithoutModel !== null && !isModelOfJob(format)) ||
    survey.breaksIdRule;
  const endpoint = endpointOf(target.endpoint);
  const jobModel = provider.limits.oneModel ? (models[0] ?? fill) : fill;
  const from: RecipeSide = {
    format: survey.format ?? format.name,
    endpoint: isOwnFormat || survey.format === "openai" ? endpoint : null,
    model: jobModel,
    variant: isOwnFormat ? variant : null,
  };
  const to: RecipeSide = {
    format: format.name,
    endpoint,
    model: isModelOfJob(format) ? jobModel : null,
    variant,
    betas,
  };
  const isMapped = !survey.isUniform || isEdited || !isOwnFormat;
  const map = { from, to, mode, hasMixedLines: isMapped, modelPrefix: provider.modelPrefix };
  const isUntouched = !isMapped && createMap(map, NOTHING) === null;
  // What goes there untouched is held against the provider's rules by the provider.
  const errors = isUntouched
    ? disagreements(survey, fill === null ? [] : [fill], rename)
    : [
        ...doubledIds(survey),
        ...survey.otherEndpoints,
        ...(provider.limits.oneModel && provider.hasBatches
          ? disagreements(survey, fill === null ? models.slice(0, 1) : [fill], rename)
          : []),
        ...unknownBody(survey, { to: { ...to, format }, endpoint, model: jobModel, fill }),
      ];
  if (errors.length > 0) return { kind: "refused", errors: errors.slice(0, MAX_ERRORS) };
  const recipe = isUntouched
    ? "bytes"
    : [format.name, endpoint, jobModel ?? "", variant ?? "", mode, ...betas].join(" ");
  const model = isModelOfJob(format) || provider.limits.oneModel ? jobModel : null;
  const common = { model, models, recipe };
  return {
    kind: "planned",
    plan: isUntouched ? { ...common, isUntouched, map: null } : { ...common, isUntouched, map },
  };
}

const MAX_ERRORS = 100;
const NOTHING = {
  ids: {
    isPlain: true,
    toTarget: () => "",
    toSource: (customId: string) => ({
      customId,
      line: null,
      piece: null,
      encoding: "float" as const,
    }),
  },
  nowSeconds: () => 0,
  newId: () => "",
};

/** Whether the job or the URL names the model, not the lines. */
function isModelOfJob({ bodies }: Format): boolean {
  return bodies.every(({ frame }) => frame.modelIn === "job");
}

/** What a batch's endpoint means to formats. */
export function endpointOf(path: string): Endpoint {
  return parseEndpoint(path);
}

/** Where one model is taken, or the client named one, no line may name another. */
function disagreements(
  survey: Survey,
  [wanted]: readonly string[],
  rename: (model: string) => string,
): readonly BatchError[] {
  if (wanted === undefined) return [];
  return survey.models
    .filter(({ name }) => rename(name) !== wanted)
    .map(({ name, firstLine }) => ({
      code: "mismatched_model",
      message: `This line names the model '${name.slice(0, 100)}', and the batch is for '${wanted.slice(0, 100)}'. All lines of a batch must name one model here.`,
      param: "body.model",
      line: firstLine,
    }));
}

function doubledIds({ index }: Survey): readonly BatchError[] {
  return index.doubled.map((line) => ({
    code: "duplicate_custom_id",
    message: "A line before this one has the same custom_id; it must be unique in the batch.",
    param: "custom_id",
    line,
  }));
}

/** A model that there is no body for is every line's fault. */
function unknownBody(
  survey: Survey,
  {
    to,
    endpoint,
    model,
    fill,
  }: {
    readonly to: Side;
    readonly endpoint: Endpoint;
    readonly model: string | null;
    /** For lines that name none. */
    readonly fill: string | null;
  },
): readonly BatchError[] {
  const line = survey.firstWithoutModel ?? survey.models[0]?.firstLine ?? null;
  const isWithout = isModelOfJob(to.format)
    ? model === null
    : fill === null && survey.firstWithoutModel !== null;
  if (isWithout) {
    const message =
      "This line names no model, and neither does the batch: give `model` in the one or with the other.";
    return [{ code: "missing_model", message, param: "body.model", line }];
  }
  try {
    to.format.chooseBody({ endpoint, model, variant: to.variant, sample: null });
    return [];
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return [{ code: error.code, message: error.message, param: "body.model", line }];
  }
}
