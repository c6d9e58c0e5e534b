import { hash } from "node:crypto";

/** The Responses API takes ids of 64 characters at most; a longer one is cut to the same id at the call and at its result. */
export function writeCallId(id: string): string {
  return id.length <= MAX_LENGTH ? id : `call_${hash("sha256", id).slice(0, 32)}`;
}

const MAX_LENGTH = 64;
