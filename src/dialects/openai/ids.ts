import { GatewayError } from "../../core/errors.ts";

/** An id of a path, decoded. What no id can be (nothing, control characters) isn't looked for. */
export interface IdParams {
  readonly Params: { readonly id: string };
}

const IMPOSSIBLE = /^$|\p{Cc}/u;

export function fileIdOf(id: string): string {
  if (!IMPOSSIBLE.test(id)) return id;
  throw new GatewayError("not_found", `No such File object: ${id}`, { param: "id" });
}

export function uploadIdOf(id: string): string {
  if (!IMPOSSIBLE.test(id)) return id;
  throw new GatewayError("not_found", `No such Upload object: ${id}`, { param: "upload_id" });
}

export function batchIdOf(id: string): string {
  if (!IMPOSSIBLE.test(id)) return id;
  throw new GatewayError("not_found", `No batch found with id '${id}'.`);
}
