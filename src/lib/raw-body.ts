/** For routes that pass a JSON body on as it was written: parsed and printed again, `1.0` and 64-bit integers would change. */
const bodies = new WeakMap<object, Buffer>();

export function rememberBody(request: object, body: Buffer): void {
  bodies.set(request, body);
}

/** Once: the answer may take minutes, and the body isn't kept for it. */
export function takeBody(request: object): string {
  const body = bodies.get(request);
  bodies.delete(request);
  return body === undefined ? "" : body.toString("utf8").replace(/^\uFEFF/, "");
}
