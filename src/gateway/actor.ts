import type { Client } from "../core/client.ts";

/** Who the audit log says has done something: the virtual key, else whoever owns what was done. */
export function actorOf({ grant, owner }: Client, object: { readonly owner: string }): string {
  return grant === null ? (owner ?? object.owner) : `key:${grant.name}`;
}
