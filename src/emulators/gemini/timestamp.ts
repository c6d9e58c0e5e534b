/** RFC 3339 with nanoseconds, as the live API writes it: whoever expects milliseconds finds out here. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "405218Z");
}
