import type { Usage } from "../core/chat-response.ts";
import { CodecError } from "../core/codec-error.ts";
import type { BodyFormat } from "../core/format.ts";
import type { JsonObject } from "../core/json.ts";
import type { Endpoint, LineBody, LineOutcome, ResultLine } from "../core/lines.ts";
import type { LineOrigin } from "../core/translation.ts";
import type { EmbeddingJoiner } from "./join-embeddings.ts";
import type { LineContext } from "./line-context.ts";
import { cutFields } from "./line-fields.ts";
import type { FoundLine } from "./line-reader.ts";
import type { Sides } from "./request-translation.ts";
import { ofPiece } from "./result-errors.ts";

export interface ResultScope {
  readonly sides: Sides;
  readonly context: LineContext;
  readonly joiner: EmbeddingJoiner;
  readonly addUsage: (usage: Usage) => void;
  readonly origin: LineOrigin;
}

/** How the target says how a line ended; null: it waits for its other pieces, or has ended already. */
export function translateOutcome(
  found: FoundLine,
  result: ResultLine,
  scope: ResultScope,
): LineOutcome | null {
  const { outcome } = result;
  const { origin, joiner } = scope;
  if (outcome.kind === "succeeded") {
    const body = translateBody(found, { ...result, outcome }, scope);
    return body === null ? null : { ...outcome, body };
  }
  if (origin.piece !== null && !joiner.end(origin)) return null;
  if (outcome.kind !== "errored") return outcome;
  const isRaw = outcome.error.native?.family === scope.sides.to.format.name;
  const cut = isRaw ? cutResult(found, result).outcome : outcome;
  if (cut.kind !== "errored") return cut;
  return { ...cut, error: ofPiece(cut.error, origin.piece) };
}

type Succeeded = ResultLine & { readonly outcome: LineOutcome & { readonly kind: "succeeded" } };

function translateBody(found: FoundLine, result: Succeeded, scope: ResultScope): LineBody | null {
  const { sides, context, origin } = scope;
  const { body } = result.outcome;
  const value = body.kind === "value" ? body.value : {};
  const plan = planBodies(found, value, sides);
  if (plan === null || (isSameCodec(plan) && origin.piece === null)) {
    countRaw(plan, value, scope);
    return rawBody(found, result);
  }
  const { source, target } = plan;
  context.bodyPath = found.format.resultLine.bodyPath;
  context.fieldNames = source.codec.fieldNames;
  context.model = sides.to.model ?? sides.from.model;
  context.encoding = origin.encoding;
  if (source.kind === "chat" && target.kind === "chat") {
    const response = source.codec.parseResponse(value);
    if (response.usage !== null) scope.addUsage(response.usage);
    return { kind: "value", value: target.codec.writeResponse(response, context) };
  }
  if (source.kind === "embeddings" && target.kind === "embeddings") {
    const piece = source.codec.parseResponse(value);
    countEmbedding(piece.inputTokens, scope);
    const response = scope.joiner.add(origin, piece);
    if (response === null) return null;
    return { kind: "value", value: target.codec.writeResponse(response, context) };
  }
  const message = `an answer of ${source.codec.name} can't become one of ${target.codec.name}`;
  throw new CodecError("untranslatable", "", message);
}

/** What passes as it is counts too; a body that its codec can't read says nothing. */
function countRaw(plan: BodyPlan | null, value: JsonObject, scope: ResultScope): void {
  if (plan === null) return;
  const { source } = plan;
  try {
    if (source.kind === "embeddings") {
      countEmbedding(source.codec.parseResponse(value).inputTokens, scope);
      return;
    }
    const { usage } = source.codec.parseResponse(value);
    if (usage !== null) scope.addUsage(usage);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
}

function countEmbedding(inputTokens: number | null, { addUsage }: ResultScope): void {
  if (inputTokens === null) return;
  addUsage({ inputTokens, outputTokens: 0, totalTokens: inputTokens });
}

interface BodyPlan {
  readonly source: BodyFormat;
  readonly target: BodyFormat;
}

function isSameCodec({ source, target }: BodyPlan): boolean {
  return source.codec.name === target.codec.name;
}

/** null: the body belongs to an endpoint without a codec, or nobody wants another one. */
function planBodies(found: FoundLine, sample: JsonObject, { from, to }: Sides): BodyPlan | null {
  const { format } = found;
  const isExpected = format.name === from.format.name;
  const isSameFormat = format.name === to.format.name;
  const fromEndpoint = isExpected ? from.endpoint : null;
  if (isSameFormat && (to.endpoint === null || isForeign(to.endpoint))) return null;
  const source = format.chooseBody({
    endpoint: fromEndpoint ?? "chat",
    model: from.model,
    variant: isExpected ? from.variant : null,
    sample,
  });
  const target = to.format.chooseBody({
    endpoint: to.endpoint ?? (source.kind === "chat" ? "chat" : "embeddings"),
    model: to.model ?? from.model,
    variant: to.variant,
    sample: null,
  });
  return { source, target };
}

function isForeign(endpoint: Endpoint): boolean {
  return endpoint.startsWith("/");
}

function rawBody(found: FoundLine, result: Succeeded): LineBody {
  const { outcome } = cutResult(found, result);
  return outcome.kind === "succeeded" ? outcome.body : result.outcome.body;
}

/** The line once more, its bodies as text. */
export function cutResult({ format, object, text }: FoundLine, { line }: ResultLine): ResultLine {
  return format.resultLine.parse(cutFields(object, text), line);
}
