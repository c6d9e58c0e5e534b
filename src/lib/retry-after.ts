/** The seconds that `retry-after-ms` or `retry-after` (seconds or an HTTP date) asks to wait; null if neither says so. */
export function parseRetryAfter(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  now: number,
): number | null {
  const milliseconds = toNumber(headers["retry-after-ms"]);
  if (milliseconds !== null) return milliseconds / 1_000;
  const value = headers["retry-after"];
  const seconds = toNumber(value);
  if (seconds !== null) return seconds;
  const date = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1_000));
}

function toNumber(value: string | readonly string[] | undefined): number | null {
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}
