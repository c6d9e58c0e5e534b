/** An id of a path, decoded. */
export interface IdParams {
  readonly Params: { readonly id: string };
}

/** What no id can be (nothing, control characters) isn't looked for. */
export function isPossibleId(id: string): boolean {
  return !/^$|\p{Cc}/u.test(id);
}
