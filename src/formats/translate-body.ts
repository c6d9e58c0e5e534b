import type { BodyFormat } from "../core/format.ts";
import type { JsonObject } from "../core/json.ts";
import type { LineOrigin } from "../core/translation.ts";
import { requireModel, withFrame, withoutFrame } from "./body-frame.ts";
import type { LineContext } from "./line-context.ts";
import { splitEmbeddings } from "./split-embeddings.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "./unsaid.ts";

export interface BodyPlan {
  readonly source: BodyFormat;
  readonly target: BodyFormat;
  /** The target's name of the model; null: as the body says. */
  readonly model: string | null;
  readonly betas?: readonly string[];
}

export interface BodyScope {
  readonly context: LineContext;
  readonly renameModel: (model: string) => string;
}

/** What a body becomes: one, or one for each piece of a split one. */
export interface TranslatedBody {
  readonly model: string | null;
  readonly value: JsonObject;
  readonly origin: Pick<LineOrigin, "piece" | "encoding">;
}

/** A body of one codec as bodies of another. Throws `CodecError`. */
export function translateBody(
  body: JsonObject,
  { source, target, model, betas }: BodyPlan,
  { context, renameModel }: BodyScope,
): readonly TranslatedBody[] {
  const read = withoutFrame(body, source.frame);
  context.fieldNames = source.codec.fieldNames;
  context.model = model;
  const settleModel = (named: string | null): string | null => {
    context.model = model ?? (named === null ? null : renameModel(named));
    requireModel(context.model, target.frame);
    return context.model;
  };
  if (source.kind === "chat" && target.kind === "chat") {
    const request = source.codec.parseRequest(read);
    const settled = settleModel(request.model);
    reportUnsaid(request, target.codec, context);
    const value = withFrame(target.codec.writeRequest(request, context), target.frame, betas);
    return [{ model: settled, value, origin: WHOLE }];
  }
  if (source.kind !== "embeddings" || target.kind !== "embeddings") return [];
  const request = source.codec.parseRequest(read);
  const settled = settleModel(request.model);
  reportUnsaidEmbedding(request, target.codec, context);
  const encoding = request.encodings?.[0] === "base64" ? "base64" : "float";
  const pieces = splitEmbeddings(request, target.codec.maxInputs);
  return pieces.map((piece, index) => ({
    model: settled,
    value: withFrame(target.codec.writeRequest(piece, context), target.frame),
    origin: { piece: pieces.length === 1 ? null : { index, count: pieces.length }, encoding },
  }));
}

export const WHOLE = { piece: null, encoding: "float" } as const;
