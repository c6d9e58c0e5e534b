/**
 * `Content-Disposition` of a download (RFC 6266): a quoted ASCII name that any client can read, and the real one beside it
 * (RFC 5987) where they differ.
 */
export function attachment(filename: string): string {
  const name = filename.toWellFormed().replaceAll(/\p{Cc}/gu, "_");
  const ascii = name.replaceAll(/[^\x20-\x7e]|["%\\]/gu, "_");
  const quoted = `attachment; filename="${ascii}"`;
  return ascii === name ? quoted : `${quoted}; filename*=UTF-8''${percentEncode(name)}`;
}

/** `encodeURIComponent` leaves three characters that RFC 5987 doesn't. */
function percentEncode(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
