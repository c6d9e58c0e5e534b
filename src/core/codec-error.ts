import { type JsonPath, pathText } from "./json-path.ts";

/**
 * `invalid_request`: the body breaks its own format. `untranslatable`: it's right, but the target can't say it.
 * Both are codes of `ERRORS`.
 */
export type CodecErrorCode = "invalid_request" | "untranslatable";

/**
 * The one error that codecs throw: one line can't be read or written. Whoever maps lines turns it into a `LineError`
 * with the line's number; it never leaves as an exception.
 */
export class CodecError extends Error {
  override readonly name = "CodecError";
  readonly code: CodecErrorCode;
  /** Within the body, in the source's own spelling: `messages[3].content`. Empty for the body itself. */
  readonly path: string;

  constructor(code: CodecErrorCode, where: JsonPath | string, message: string) {
    const path = typeof where === "string" ? where : pathText(where);
    super(path === "" ? message : `${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}
