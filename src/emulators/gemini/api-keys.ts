import { StatusError } from "./status-error.ts";

/** Keys of one project see the same files and batches. */
export interface ApiKey {
  readonly key: string;
  readonly project: string;
}

export const DEFAULT_API_KEY = "gemini-emulator";
const DEFAULT_PROJECT = "projects/emulator";

/** Returns the project of the key that a request brought. Keys given as plain strings share a project. */
export function createKeyCheck(
  keys: readonly (string | ApiKey)[],
): (key: string | undefined) => string {
  const projects = new Map<string, string>();
  for (const given of keys) {
    if (typeof given === "string") projects.set(given, DEFAULT_PROJECT);
    else projects.set(given.key, given.project);
  }
  return (key) => {
    if (key === undefined || key === "") {
      throw new StatusError(
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      );
    }
    const project = projects.get(key);
    if (project !== undefined) return project;
    // Not a 401: that is what the live API answers.
    throw new StatusError("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", {
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "API_KEY_INVALID",
          domain: "googleapis.com",
          metadata: { service: "generativelanguage.googleapis.com" },
        },
      ],
    });
  };
}
