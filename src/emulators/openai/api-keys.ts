import { ApiError } from "./api-error.ts";

/** Keys of one project see the same files and batches. */
export interface ApiKey {
  readonly key: string;
  readonly project: string;
}

export const DEFAULT_API_KEY = "sk-emulator";
const DEFAULT_PROJECT = "proj_emulator";

/** Returns the project of the key that a request brought. Keys given as plain strings share a project. */
export function createKeyCheck(
  keys: readonly (string | ApiKey)[],
): (authorization: string | undefined) => string {
  const projects = new Map<string, string>();
  for (const given of keys) {
    if (typeof given === "string") projects.set(given, DEFAULT_PROJECT);
    else projects.set(given.key, given.project);
  }
  return (authorization) => {
    const key = /^Bearer\s+(.+)$/i.exec(authorization ?? "")?.[1];
    if (key === undefined) {
      throw new ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      );
    }
    const project = projects.get(key);
    if (project === undefined) {
      throw new ApiError(401, `Incorrect API key provided: ${mask(key)}.`, {
        code: "invalid_api_key",
      });
    }
    return project;
  };
}

function mask(key: string): string {
  return key.length <= 8 ? "*".repeat(key.length) : `${key.slice(0, 4)}***${key.slice(-4)}`;
}
