import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "./api-error.ts";

/** Keys of one workspace see the same files and batches. */
export interface ApiKey {
  readonly key: string;
  readonly workspace: string;
}

export const DEFAULT_API_KEY = "sk-ant-emulator";
const DEFAULT_WORKSPACE = "wrkspc_emulator";

/** Returns the workspace of the key that a request brought. Keys given as plain strings share a workspace. */
export function createKeyCheck(
  keys: readonly (string | ApiKey)[],
): (headers: IncomingHttpHeaders) => string {
  const workspaces = new Map<string, string>();
  for (const given of keys) {
    if (typeof given === "string") workspaces.set(given, DEFAULT_WORKSPACE);
    else workspaces.set(given.key, given.workspace);
  }
  return (headers) => {
    const apiKey = headers["x-api-key"];
    if (typeof apiKey === "string" && apiKey !== "") {
      return known(workspaces.get(apiKey), "invalid x-api-key");
    }
    const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer === undefined) throw new ApiError(401, "x-api-key header is required");
    return known(workspaces.get(bearer), "Invalid bearer token");
  };
}

function known(workspace: string | undefined, problem: string): string {
  if (workspace === undefined) throw new ApiError(401, problem);
  return workspace;
}
