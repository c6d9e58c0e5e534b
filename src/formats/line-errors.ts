import { CodecError } from "../core/codec-error.ts";
import type { LineError } from "../core/lines.ts";

/** Where a line's translation stood when it failed. */
export interface FaultPlace {
  /** Of the request line, where the fault is the client's. */
  readonly line: number | undefined;
  /** What goes before the error's path: `body`; empty while the envelope is read. */
  readonly bodyPath: string;
}

/** The one place where what was thrown on the way of a line becomes an error of that line. */
export function toLineError(error: unknown, { line, bodyPath }: FaultPlace): LineError {
  if (error instanceof CodecError) {
    const path = joinPath(bodyPath, error.path);
    const message = error.path === "" ? error.message : joinPath(bodyPath, error.message);
    return {
      status: 400,
      type: "invalid_request",
      code: error.code,
      message,
      line,
      path: path === "" ? undefined : path,
    };
  }
  if (error instanceof RangeError) {
    // Codecs descend as deep as the JSON does, and the stack ends at some thousand levels.
    return invalidLine("the line is nested too deep, or too long, to be translated", line);
  }
  return {
    status: 500,
    type: "server",
    code: "internal",
    message: "the line could not be translated because of a fault in the gateway",
    line,
  };
}

export function invalidLine(message: string, line: number | undefined): LineError {
  return { status: 400, type: "invalid_request", code: "invalid_request", message, line };
}

/** `body` and `messages[0]: must be …` → `body.messages[0]: must be …`. */
export function joinPath(parent: string, path: string): string {
  if (parent === "" || path === "") return parent + path;
  return path.startsWith("[") ? parent + path : `${parent}.${path}`;
}
