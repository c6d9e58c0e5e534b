import { hash } from "node:crypto";

/**
 * Bedrock takes 1 to 64 letters, digits and `_.:-` as the id of a call. Another id becomes the same one at the call and at its
 * result.
 */
export function writeToolId(id: string): string {
  return VALID.test(id) ? id : `call_${hash("sha256", id).slice(0, 32)}`;
}

const VALID = /^[a-zA-Z0-9_.:-]{1,64}$/;
