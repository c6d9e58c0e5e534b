import { CodecError } from "../core/codec-error.ts";
import type { BodyFormat } from "../core/format.ts";
import type { JsonObject } from "../core/json.ts";
import type { Endpoint, LineBody, RequestLine } from "../core/lines.ts";
import type { LineIds, LineOrigin, Side } from "../core/translation.ts";
import { reframeText, reportBetas, requireModel } from "./body-frame.ts";
import type { LineContext } from "./line-context.ts";
import { bodyText, cutFields } from "./line-fields.ts";
import type { FoundLine } from "./line-reader.ts";
import { translateBody, WHOLE } from "./translate-body.ts";

export interface Sides {
  readonly from: Side;
  readonly to: Side;
}

export interface TranslationScope {
  readonly sides: Sides;
  readonly context: LineContext;
  readonly ids: LineIds;
  readonly renameModel: (model: string) => string;
}

/** The target's lines for one request line: one, or one for each piece of a split one. Throws `CodecError`. */
export function translateRequest(
  found: FoundLine,
  request: RequestLine,
  scope: TranslationScope,
): readonly string[] {
  if (isForeignEndpoint(found, request, scope.sides)) {
    return [writeLine({ ...request, body: cutBody(found, request) }, scope)];
  }
  const plan = planLine(found, request, scope);
  const { betas = [] } = scope.sides.to;
  // They stand in no body, so no body's key goes before them.
  reportBetas(betas, plan.target.frame, scope.context);
  scope.context.bodyPath = found.format.requestLine.bodyPath;
  if (plan.source.codec.name === plan.target.codec.name) {
    return [writeLine({ ...plan.line, body: reframed(found, plan, betas) }, scope)];
  }
  const { source, target, line, body } = plan;
  const bodies = translateBody(body, { source, target, model: line.model, betas }, scope);
  return bodies.map(({ model, value, origin }) =>
    writeLine({ ...line, model, body: { kind: "value", value } }, scope, origin),
  );
}

/** What is known of a line before its body is read. */
interface LinePlan {
  readonly source: BodyFormat;
  readonly target: BodyFormat;
  /** The line as it will be but for its id; its body is still the source's. */
  readonly line: RequestLine;
  readonly body: JsonObject;
}

/** An endpoint that has no codec may stay within its own format. */
function isForeignEndpoint(found: FoundLine, { endpoint }: RequestLine, { to }: Sides): boolean {
  return (
    endpoint.startsWith("/") &&
    found.format.name === to.format.name &&
    to.model === null &&
    (to.endpoint === null || to.endpoint === endpoint)
  );
}

function planLine(found: FoundLine, request: RequestLine, scope: TranslationScope): LinePlan {
  const { from, to } = scope.sides;
  const { format } = found;
  const isExpected = format.name === from.format.name;
  const body = valueOf(request.body);
  const source = format.chooseBody({
    endpoint: (isExpected ? from.endpoint : null) ?? request.endpoint,
    model: request.model ?? from.model,
    variant: isExpected ? from.variant : null,
    sample: body,
  });
  const named = to.model ?? request.model ?? from.model;
  const model = named === null ? null : scope.renameModel(named);
  const isSameFormat = format.name === to.format.name;
  const endpoint = to.endpoint ?? (isSameFormat ? request.endpoint : endpointOf(source));
  const target = to.format.chooseBody({ endpoint, model, variant: to.variant, sample: null });
  if (source.kind !== target.kind) {
    throw new CodecError(
      "untranslatable",
      "",
      `a line of ${source.codec.name} can't become one of ${target.codec.name}`,
    );
  }
  return { source, target, line: { ...request, endpoint, model }, body };
}

/** What every format understands. */
function endpointOf(body: BodyFormat): Endpoint {
  return body.kind === "chat" ? "chat" : "embeddings";
}

function reframed(
  found: FoundLine,
  { source, target, line, body }: LinePlan,
  betas: readonly string[],
): LineBody {
  requireModel(line.model, target.frame);
  const { frame } = target;
  const text = bodyText(cutBody(found, line));
  const reframing = { from: source.frame, to: frame, model: line.model, betas };
  return { kind: "raw", text: reframeText(text, body, reframing) };
}

function writeLine(
  line: RequestLine,
  { sides, ids }: TranslationScope,
  origin: Pick<LineOrigin, "piece" | "encoding"> = WHOLE,
): string {
  const customId = ids.toTarget({ customId: line.customId, line: line.line, ...origin });
  return sides.to.format.requestLine.write({ ...line, customId });
}

function valueOf(body: LineBody): JsonObject {
  return body.kind === "value" ? body.value : {};
}

function cutBody({ format, object, text }: FoundLine, { line }: RequestLine): LineBody {
  return format.requestLine.parse(cutFields(object, text), line).body;
}
