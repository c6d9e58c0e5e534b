type JsonProblem =
  /** It isn't JSON. */
  | "syntax"
  | "depth"
  | "not_object"
  /** A key that may be there once is there again. */
  | "repeated"
  | "element_size"
  | "other_size";

/** What is wrong with a JSON text that is read while it arrives. */
export class JsonStreamError extends Error {
  override readonly name = "JsonStreamError";
  readonly kind: JsonProblem;

  constructor(kind: JsonProblem, message: string) {
    super(message);
    this.kind = kind;
  }
}
