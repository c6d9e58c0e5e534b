/**
 * On every answer. It is an API, but it also serves bytes that clients have stored: a browser that is led to them must run,
 * frame and keep nothing. `strict-transport-security` is for whoever ends TLS in front to say.
 */
export const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;
