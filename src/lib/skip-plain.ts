/**
 * Within a JSON string, to the first four bytes among which is a control character, a quote (which the first flip puts right
 * behind those) or a backslash (which the second makes zero); else to fewer than four before the end.
 * https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
export function skipPlain(bytes: DataView, start: number): number {
  let at = start;
  for (const last = bytes.byteLength - 4; at <= last; at += 4) {
    const word = bytes.getInt32(at);
    const quotes = word ^ 0x02020202;
    const backslashes = word ^ 0x5c5c5c5c;
    const found = ((quotes - 0x21212121) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
    if ((found & 0x80808080) !== 0) return at;
  }
  return at;
}
