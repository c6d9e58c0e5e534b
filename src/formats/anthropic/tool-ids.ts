/**
 * Anthropic takes letters, digits, _ and - in the ids of calls. Every other character is written as its number, so that the call
 * and its result still find each other, and two ids never become one.
 */
export function writeToolId(id: string): string {
  if (VALID.test(id)) return id;
  return id === "" ? "_" : id.replaceAll(/[^a-zA-Z0-9_-]/g, (sign) => `_${codeOf(sign)}_`);
}

const VALID = /^[a-zA-Z0-9_-]+$/;

function codeOf(sign: string): string {
  return sign.charCodeAt(0).toString(16);
}
