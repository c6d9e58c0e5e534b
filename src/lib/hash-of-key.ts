import { createHash } from "node:crypto";

/** By which a key is looked up, so that neither a database nor a comparison tells anything of the key itself. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
