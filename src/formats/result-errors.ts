import type { LineError } from "../core/lines.ts";
import type { PieceNumber } from "../core/translation.ts";
import type { PendingLine } from "./join-embeddings.ts";

/** What a provider sent and we can't say: its fault or ours, never the client's. */
export function unreadable(error: LineError): LineError {
  const { message, code } = error;
  if (code === "internal") return error;
  if (code === "untranslatable") return serverError(message, code);
  return serverError(`the provider's result can't be read: ${message}`, "invalid_result");
}

/** The pieces of a line that never came, or too far from each other to be kept. */
export function notJoined(
  { received, count }: PendingLine,
  code: "missing" | "not_joined",
): LineError {
  const parts = `the inputs of this request were sent in ${count} parts`;
  const message =
    code === "missing"
      ? `${parts}, and the provider gave results for ${received}`
      : `${parts}, and too much else came between their results to hold them all`;
  return serverError(message, code);
}

/** Says which part failed, since a client knows nothing of parts. */
export function ofPiece(error: LineError, piece: PieceNumber | null): LineError {
  if (piece === null) return error;
  const which = `part ${piece.index + 1} of ${piece.count} of this request's inputs`;
  return { ...error, message: `${which}: ${error.message}`, native: undefined };
}

function serverError(message: string, code: string): LineError {
  return { status: 500, type: "server", code, message };
}
