/**
 * The second that a time in milliseconds lies in, in milliseconds. Clients and providers count in seconds: what they can't see
 * must not order what they can.
 */
export function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000) * 1_000;
}
