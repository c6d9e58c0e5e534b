import { isGatewayError } from "../../core/errors.ts";
import type { LineBody, LineError, LineOutcome, RequestLine } from "../../core/lines.ts";
import { invalidLine, toLineError } from "../../formats/line-errors.ts";
import { bodyText, cutLine } from "../../formats/line-fields.ts";
import { memberString } from "../../lib/member-string.ts";
import { backOff, type CallEnd, type CallGate } from "./call-gate.ts";
import type { DirectContext, DirectRun, DirectTiming } from "./context.ts";
import { type LineReply, readAnswer, readFailure } from "./line-reply.ts";
import type { DirectLine, Worklist } from "./worklist.ts";

export interface LineScope {
  readonly context: DirectContext;
  readonly run: DirectRun;
  readonly timing: DirectTiming;
  readonly gate: CallGate;
  readonly worklist: Pick<Worklist, "noteAttempts">;
  /** Aborts the calls. */
  readonly signal: AbortSignal;
}

export interface LineResult {
  /** A result line of the provider's format, without its line feed. */
  readonly text: string;
  readonly isFailure: boolean;
}

/** The line's result; null if the step ended before there was one. */
export async function runLine(scope: LineScope, line: DirectLine): Promise<LineResult | null> {
  const { format } = scope.run;
  const { content } = line;
  if (content.kind === "unreadable") {
    return unsendable(scope, line, invalidLine(content.reason, line.line));
  }
  let request: RequestLine;
  try {
    request = format.requestLine.parse(cutLine(content.text), line.line);
  } catch (error) {
    return unsendable(scope, line, toLineError(error, { line: line.line, bodyPath: "" }));
  }
  const outcome = await callUntilFinal(scope, line, request);
  return outcome === null ? null : writeResult(scope.run, request, outcome);
}

async function callUntilFinal(
  scope: LineScope,
  line: DirectLine,
  request: RequestLine,
): Promise<LineOutcome | null> {
  const { gate, timing, context } = scope;
  let { attempts } = line;
  for (;;) {
    const passage = await gate.enter();
    if (passage === null) return null;
    let end: CallEnd = { kind: "unclear" };
    let reply: LineReply;
    try {
      reply = await call(scope, request);
      end = endOf(reply);
    } catch (error) {
      if (scope.signal.aborted) return null;
      throw error;
    } finally {
      gate.leave(passage, end);
    }
    attempts += 1;
    const { outcome, advice, retryAfterSeconds } = reply;
    if (advice === "final" || attempts >= timing.attempts) return outcome;
    scope.worklist.noteAttempts(line, attempts);
    // After a refusal it is the gate that lets all lines wait.
    if (advice === "refused") continue;
    const asked = (retryAfterSeconds ?? 0) * 1_000;
    const delay = Math.max(asked, backOff(timing, attempts, context.random()));
    // The gate closes then; timers can't count much further.
    await gate.wait(Math.min(delay, timing.stepMilliseconds));
  }
}

function endOf({ outcome, advice, retryAfterSeconds }: LineReply): CallEnd {
  if (advice === "refused") return { kind: "refused", retryAfterSeconds };
  return { kind: outcome.kind === "succeeded" ? "fine" : "unclear" };
}

async function call({ context, run, signal }: LineScope, request: RequestLine): Promise<LineReply> {
  const { body } = request;
  try {
    const answer = await run.calls.send(
      {
        endpoint: run.endpoint,
        model: run.model ?? request.model,
        variant: run.variant,
        body: bodyText(body),
      },
      signal,
    );
    return readAnswer(run.format, answer);
  } catch (error) {
    if (signal.aborted) throw error;
    if (isGatewayError(error)) return readFailure(error);
    // One line that brings out a fault of ours must not keep the others from being run.
    context.log.error({ part: run.partId, error: String(error) }, "a line could not be sent");
    return { outcome: errored(FAULT), advice: "final", retryAfterSeconds: null };
  }
}

const FAULT: LineError = {
  status: 500,
  type: "server",
  code: "internal",
  message: "the line could not be sent because of a fault in the gateway",
};

function errored(error: LineError): LineOutcome {
  return { kind: "errored", requestId: null, error };
}

/** A line that nobody can read still fails under its own id. */
function unsendable({ run }: LineScope, line: DirectLine, error: LineError): LineResult {
  const { idKey = "" } = run.format.requestLine;
  const { content } = line;
  const head = content.kind === "text" ? Buffer.from(content.text) : content.head;
  return writeResult(run, { line: line.line, customId: memberString(head, idKey) }, errored(error));
}

function writeResult(
  { format }: DirectRun,
  { line, customId, body }: Pick<RequestLine, "line" | "customId"> & { readonly body?: LineBody },
  outcome: LineOutcome,
): LineResult {
  const text = format.resultLine.write({ line, customId, id: null, outcome, input: body });
  return { text, isFailure: outcome.kind !== "succeeded" };
}
