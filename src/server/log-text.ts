/** `12:00:01.123 warn  message key=value …`, with the stack of an error on lines of its own. */
export function renderLogText(fields: Readonly<Record<string, unknown>>): string {
  const { time, level, message, error, ...rest } = fields;
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${renderValue(value)}`);
  const head = [clock, String(level).padEnd(5), printable(message), ...pairs];
  return `${head.join(" ")}${renderError(error)}\n`;
}

function renderError(error: unknown): string {
  if (error === undefined) return "";
  if (typeof error !== "object" || error === null || !("stack" in error)) {
    return ` error=${renderValue(error)}`;
  }
  return `\n${String(error.stack)
    .split("\n")
    .map((line) => `    ${printable(line)}`)
    .join("\n")}`;
}

function renderValue(value: unknown): string {
  if (typeof value === "string") return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "";
}

/** Control characters of a client's text could repaint a terminal. */
function printable(value: unknown): string {
  return String(value).replaceAll(/\p{Cc}/gu, " ");
}
