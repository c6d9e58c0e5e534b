import { CodecError } from "../core/codec-error.ts";
import { GatewayError } from "../core/errors.ts";
import type { ChatAnswer } from "../core/gateway.ts";
import type {
  ServerEvent,
  StreamedAnswer,
  SynchronousAnswer,
  SynchronousRequest,
} from "../core/provider.ts";
import { formats } from "../formats/formats.ts";
import { parseEndpoint, writeEndpoint } from "../formats/openai/endpoints.ts";
import { type CallStream, type CallTranslation, translateCall } from "../formats/translate-call.ts";
import { betasOf } from "./betas.ts";
import { failureOf, isSuccess, readingAnswer } from "./call-failure.ts";
import type { ChatTarget } from "./chat-target.ts";
import type { GatewayContext } from "./context.ts";
import type { Source } from "./mirror.ts";
import { translationMode } from "./translation-mode.ts";

/** Asked in the provider's own format, answered in the call's. */
export async function translatedChat(
  context: GatewayContext,
  target: ChatTarget,
): Promise<ChatAnswer> {
  const translation = translateChat(context, target);
  return target.request.streams ? streamed(target, translation) : whole(target, translation);
}

/** The request in the provider's own format, and how its answer is read. */
export function translateChat(context: GatewayContext, target: ChatTarget): CallTranslation {
  const { call, request, source, model } = target;
  return readingRequest(() =>
    translateCall(
      {
        format: formats[call.format],
        endpoint: parseEndpoint(request.endpoint),
        body: request.body,
        text: request.text,
      },
      {
        format: formats[source.provider.format],
        model,
        variant: request.variant,
        betas: betasOf(call, source.provider),
      },
      {
        mode: translationMode(context, call),
        nowSeconds: () => Math.floor(context.now() / 1_000),
        newId: (prefix) => prefix + context.newId(context.now()),
      },
    ),
  );
}

async function whole(target: ChatTarget, translation: CallTranslation): Promise<ChatAnswer> {
  const answers = await sendAll(target, translation);
  const body = readingAnswer(target.source, () =>
    translation.answer(answers.map((answer) => answer.body)),
  );
  return {
    provider: target.source.provider.name,
    requestId: answers[0]?.requestId ?? null,
    warnings: translation.warnings(),
    answer: { kind: "whole", status: 200, retryAfterSeconds: null, body },
  };
}

/** At once there are at most so many calls for one client's request. */
const MAX_CALLS = 8;

async function sendAll(
  { call, request, source, calls, model }: ChatTarget,
  { bodies, endpoint }: CallTranslation,
): Promise<readonly SynchronousAnswer[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([call.signal, failed.signal]);
  const answers: SynchronousAnswer[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let index = next++; index < bodies.length; index = next++) {
      const body = bodies[index] ?? "";
      const { variant } = request;
      const asked = { endpoint: writeEndpoint(endpoint), model, variant, body };
      const answer = await calls.send(asked, signal);
      if (!isSuccess(answer)) throw failureOf(answer, source);
      answers[index] = answer;
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(MAX_CALLS, bodies.length) }, work));
    return answers;
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

async function streamed(target: ChatTarget, translation: CallTranslation): Promise<ChatAnswer> {
  const { call, request, source, calls, model } = target;
  const { stream, bodies, endpoint } = translation;
  if (stream === null) {
    throw new GatewayError(
      "untranslatable",
      `stream: answers of ${source.provider.name} to ${request.endpoint} can't be streamed here. Leave it out.`,
      { param: "stream" },
    );
  }
  const asked: SynchronousRequest = {
    endpoint: writeEndpoint(endpoint),
    model,
    variant: request.variant,
    body: bodies[0] ?? "",
  };
  const answer = stream.isStreamed
    ? await calls.stream(asked, call.signal)
    : await calls.send(asked, call.signal);
  if (answer.kind === "whole" && !isSuccess(answer)) throw failureOf(answer, source);
  return {
    provider: source.provider.name,
    requestId: answer.requestId,
    warnings: translation.warnings(),
    answer: { kind: "events", events: eventsOf(answer, stream, source) },
  };
}

async function* eventsOf(
  answer: SynchronousAnswer | StreamedAnswer,
  stream: CallStream,
  source: Source,
): AsyncGenerator<ServerEvent> {
  if (answer.kind === "whole") {
    yield* readingAnswer(source, () => stream.cut(answer.body));
    return;
  }
  const map = stream.createMap();
  for await (const event of answer.events) yield* readingAnswer(source, () => map.map(event));
  yield* readingAnswer(source, () => map.end());
}

function readingRequest<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodecError) {
      const details = error.path === "" ? {} : { param: error.path };
      throw new GatewayError(error.code, error.message, details);
    }
    // Codecs descend as deep as the JSON does.
    if (error instanceof RangeError) {
      throw new GatewayError("invalid_request", "The request is nested too deep to be translated.");
    }
    throw error;
  }
}
