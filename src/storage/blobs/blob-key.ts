import { GatewayError } from "../../core/errors.ts";

/** With each slash as one character it still fits a file name of 255 bytes. */
const MAX_KEY_LENGTH = 240;
const KEY = /^[a-z0-9_-][a-z0-9._-]*(?:\/[a-z0-9_-][a-z0-9._-]*)*$/;

/** Segments of `[a-z0-9._-]`, none empty or beginning with a dot. */
export function isBlobKey(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && KEY.test(key);
}

/** Keys are ours, never a client's: a bad one is our own mistake, so no client gets to see the message. */
export function checkBlobKey(key: string): void {
  if (isBlobKey(key)) return;
  throw new GatewayError("internal", `${JSON.stringify(key.slice(0, 300))} is no blob key`);
}
