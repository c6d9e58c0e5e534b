import { GatewayError } from "../../core/errors.ts";
import { isPossibleId } from "../path-id.ts";

export function fileIdOf(id: string): string {
  if (isPossibleId(id)) return id;
  throw new GatewayError("not_found", `No such File object: ${id}`, { param: "id" });
}

export function uploadIdOf(id: string): string {
  if (isPossibleId(id)) return id;
  throw new GatewayError("not_found", `No such Upload object: ${id}`, { param: "upload_id" });
}

export function batchIdOf(id: string): string {
  if (isPossibleId(id)) return id;
  throw new GatewayError("not_found", `No batch found with id '${id}'.`);
}
