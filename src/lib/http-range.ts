/** One range of bytes as asked for: `bytes=0-99`, `bytes=100-` (no end), `bytes=-5` (no start: the last five). */
export interface RequestedRange {
  readonly start: number | null;
  readonly end: number | null;
}

/**
 * The one range that a `Range` header asks for; null where there is none, and where the header is to be ignored as RFC 9110 says:
 * other units, several ranges, nonsense.
 */
export function parseRange(header: string | undefined): RequestedRange | null {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "");
  const start = positionOf(match?.[1]);
  const end = positionOf(match?.[2]);
  if (match === null || (start === null && end === null)) {
    return null;
  }
  return start !== null && end !== null && start > end ? null : { start, end };
}

/** `Content-Range` of a part of a body of `bytes` bytes. */
export function contentRange(
  range: { readonly start: number; readonly end: number },
  bytes: number,
): string {
  return `bytes ${range.start}-${range.end}/${bytes}`;
}

/** `Content-Range` of an answer 416. */
export function unsatisfiedRange(bytes: number): string {
  return `bytes */${bytes}`;
}

/** A number beyond what a file can have means "as far as there is". */
function positionOf(digits: string | undefined): number | null {
  return digits === undefined || digits === ""
    ? null
    : Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
