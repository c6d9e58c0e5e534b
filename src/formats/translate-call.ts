import { CodecError } from "../core/codec-error.ts";
import type { BodyFormat, ChatCodec, Format } from "../core/format.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { ServerEventMap } from "../core/chat-stream.ts";
import type { Endpoint } from "../core/lines.ts";
import type { ServerEvent } from "../core/provider.ts";
import type { MapOptions } from "../core/translation.ts";
import { JSON_OUTPUT_TOOL } from "../core/tools.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { reframeText, reportBetas } from "./body-frame.ts";
import { EmbeddingJoiner } from "./join-embeddings.ts";
import { unwrapJsonOutput } from "./json-output-stream.ts";
import { LineContext } from "./line-context.ts";
import { printJson } from "./line-fields.ts";
import { ReportCounts } from "./report.ts";
import { createStreamMap, toEvents } from "./translate-stream.ts";
import { translateBody, type TranslatedBody, WHOLE } from "./translate-body.ts";

export interface ClientCall {
  readonly format: Format;
  readonly endpoint: Endpoint;
  readonly body: JsonObject;
  /** The same as it was written. */
  readonly text: string;
}

export interface CallTarget {
  readonly format: Format;
  /** As the provider names it. */
  readonly model: string;
  readonly variant: string | null;
  /** As `Side.betas`. */
  readonly betas?: readonly string[];
}

export interface CallOptions extends Pick<MapOptions, "nowSeconds" | "newId"> {
  readonly mode: TranslationMode;
}

/** One request on its way to a provider of another format, and the answer on its way back. All throw `CodecError`. */
export interface CallTranslation {
  /** What the provider is asked for: `chat` or `embeddings`. */
  readonly endpoint: Endpoint;
  /** JSON texts; several only where embeddings take fewer inputs. */
  readonly bodies: readonly string[];
  /** What was left out so far, by field. */
  warnings(): readonly { readonly field: string; readonly reason: string }[];
  /** The client's answer, of the answers to all bodies in their order. */
  answer(answers: readonly string[]): string;
  /** How the answer is streamed to the client. */
  readonly stream: CallStream | null;
}

export interface CallStream {
  /** False: the provider's answers to this body only come whole. */
  readonly isStreamed: boolean;
  /** For one answer. */
  createMap(): ServerEventMap;
  /** An answer that came whole, as a stream of few events. */
  cut(answer: string): readonly ServerEvent[];
}

export function translateCall(
  call: ClientCall,
  target: CallTarget,
  options: CallOptions,
): CallTranslation {
  const plan = planCall(call, target);
  const context = new LineContext({ ...options, isBatch: false }, options.mode);
  const sent = writeBodies(call, plan, context);
  const report = new ReportCounts();
  return {
    endpoint: plan.target.kind,
    bodies: sent.map(({ text }) => text),
    warnings() {
      context.settle(report, 1);
      return report.report().warnings;
    },
    answer: (answers) => readAnswers(answers, { plan, sent, context }),
    stream: streamOf(call, { plan, sent, context }),
  };
}

interface CallPlan {
  readonly source: BodyFormat;
  readonly target: BodyFormat;
  readonly model: string;
  readonly betas: readonly string[];
}

function planCall({ format, endpoint, body }: ClientCall, to: CallTarget): CallPlan {
  const { model, variant, betas = [] } = to;
  const source = format.chooseBody({ endpoint, model: null, variant: null, sample: body });
  const wanted = source.kind === "chat" ? "chat" : "embeddings";
  const target = to.format.chooseBody({ endpoint: wanted, model, variant, sample: null });
  return { source, target, model, betas };
}

interface SentBody extends Pick<TranslatedBody, "origin"> {
  readonly text: string;
}

function isSameBody({ source, target }: CallPlan): boolean {
  return source.codec.name === target.codec.name;
}

function writeBodies(call: ClientCall, plan: CallPlan, context: LineContext): readonly SentBody[] {
  const { source, target, model, betas } = plan;
  reportBetas(betas, target.frame, context);
  if (isSameBody(plan)) {
    const frames = { from: source.frame, to: target.frame, model, betas };
    return [{ text: reframeText(call.text, call.body, frames), origin: WHOLE }];
  }
  const bodies = translateBody(withoutStream(call.body, source), plan, {
    context,
    renameModel: (name) => name,
  });
  return bodies.map(({ value, origin }) => ({ text: printJson(value), origin }));
}

function withoutStream(body: JsonObject, source: BodyFormat): JsonObject {
  const fields = source.kind === "chat" ? source.codec.stream?.writing?.fields : undefined;
  const kept = Object.entries(body).filter(([key]) => fields?.includes(key) !== true);
  return Object.fromEntries(kept);
}

interface CallScope {
  readonly plan: CallPlan;
  readonly sent: readonly SentBody[];
  readonly context: LineContext;
}

function readAnswers(answers: readonly string[], { plan, sent, context }: CallScope): string {
  const { source, target } = plan;
  if (isSameBody(plan)) return answers[0] ?? "";
  if (source.kind === "chat" && target.kind === "chat") {
    const response = target.codec.parseResponse(parseAnswer(answers[0] ?? ""));
    return printJson(source.codec.writeResponse(response, context));
  }
  if (source.kind !== "embeddings" || target.kind !== "embeddings") return "";
  const joiner = new EmbeddingJoiner(Number.POSITIVE_INFINITY);
  for (const [index, text] of answers.entries()) {
    const origin = { customId: "1", line: 1, ...(sent[index]?.origin ?? WHOLE) };
    context.encoding = origin.encoding;
    const whole = joiner.add(origin, target.codec.parseResponse(parseAnswer(text)));
    if (whole !== null) return printJson(source.codec.writeResponse(whole, context));
  }
  throw new CodecError("invalid_request", "", "it has no embeddings");
}

function streamOf(call: ClientCall, { plan, sent, context }: CallScope): CallStream | null {
  const { source, target } = plan;
  const writing = source.kind === "chat" ? source.codec.stream?.writing : undefined;
  if (writing === undefined || target.kind !== "chat") return null;
  const createWriter = () => writing.createWriter(context, call.body);
  const parsing = target.codec.stream;
  return {
    isStreamed: parsing?.createParser !== undefined,
    createMap() {
      const reframer = isSameBody(plan) ? writing.createReframer?.() : undefined;
      if (reframer !== undefined) return reframer;
      const parse = parsing?.createParser?.() ?? NO_EVENTS;
      const isJsonOutput = sent.some(({ text }) => text.includes(JSON_OUTPUT_TOOL));
      return createStreamMap(isJsonOutput ? unwrapJsonOutput(parse) : parse, createWriter());
    },
    cut: (answer) => toEvents(parseResponse(target.codec, answer), createWriter()),
  };
}

const NO_EVENTS = () => [];

function parseResponse(codec: ChatCodec, answer: string) {
  return codec.parseResponse(parseAnswer(answer));
}

function parseAnswer(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // As bad as another type.
  }
  throw new CodecError("invalid_request", "", "it is not a JSON object");
}
