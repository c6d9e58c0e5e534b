import type { SynchronousAnswer } from "../../core/provider.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { Format } from "../../core/format.ts";
import { isJsonObject } from "../../core/json.ts";
import type { LineError, LineOutcome } from "../../core/lines.ts";
import { plainCallError, toCallError } from "../../formats/call-error.ts";

/** What became of one call. */
export interface LineReply {
  /** The line's result, if it is the last word. */
  readonly outcome: LineOutcome;
  /** `again`: it may go better later. `refused`: the provider has too much to do, so all lines should wait. */
  readonly advice: "final" | "again" | "refused";
  readonly retryAfterSeconds: number | null;
}

export function readAnswer(format: Format, answer: SynchronousAnswer): LineReply {
  const { status, requestId, retryAfterSeconds } = answer;
  const text = onOneLine(answer.body);
  if (status >= 200 && status < 300) {
    if (isObjectText(text)) {
      const outcome: LineOutcome = {
        kind: "succeeded",
        status,
        requestId,
        body: { kind: "raw", text },
      };
      return { outcome, advice: "final", retryAfterSeconds: null };
    }
    // Cut off by a proxy, perhaps.
    return { outcome: errored(requestId, NO_JSON), advice: "again", retryAfterSeconds };
  }
  const error = toCallError(format, Math.max(400, status), text);
  return {
    outcome: errored(requestId, error),
    advice: adviceOf(status, error),
    retryAfterSeconds,
  };
}

/** The call got no answer. If the provider had it all the same, repeating it is paid twice. */
export function readFailure({ status, message, retryable, details }: GatewayError): LineReply {
  const { retryAfterSeconds = null, upstreamStatus = status } = details;
  const error = plainCallError(Math.max(400, upstreamStatus), message);
  const advice = retryable ? (REFUSED.has(upstreamStatus) ? "refused" : "again") : "final";
  return { outcome: errored(null, error), advice, retryAfterSeconds };
}

const NO_JSON: LineError = {
  status: 502,
  type: "server",
  message: "the provider's answer is not a JSON object",
};

function errored(requestId: string | null, error: LineError): LineOutcome {
  return { kind: "errored", requestId, error };
}

const REFUSED: ReadonlySet<number> = new Set([429, 503, 529]);
const MAY_PASS: ReadonlySet<number> = new Set([408, 409]);

/** Where the money is spent, waiting doesn't help, though OpenAI calls that a rate limit. */
function adviceOf(status: number, { type }: LineError): LineReply["advice"] {
  if (type === "billing") return "final";
  if (REFUSED.has(status)) return "refused";
  return status >= 500 || MAY_PASS.has(status) ? "again" : "final";
}

/** Providers print their answers over many lines. Within strings JSON has no line breaks, so nothing else is touched. */
function onOneLine(text: string): string {
  return text.trim().replace(/[\r\n][ \t\r\n]*/g, "");
}

function isObjectText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}
