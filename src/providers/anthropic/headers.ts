import type { Access } from "../../core/client.ts";

export const FORWARDED_HEADERS = [
  "anthropic-beta",
  "anthropic-version",
  "anthropic-workspace-id",
  "anthropic-user-profile-id",
] as const;

/** The one that takes all parameters; a newer one refuses some, and holds only where the client itself speaks it. */
const VERSION = "2023-06-01";

const FILES_BETA = "files-api-2025-04-14";

export function authorize(access: Access): Record<string, string> {
  const forwarded = FORWARDED_HEADERS.flatMap((name) => {
    const value = access.headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const version = access.headers["anthropic-version"] ?? "";
  return {
    ...Object.fromEntries(forwarded),
    "anthropic-version": /^\d{4}-\d{2}-\d{2}$/.test(version) ? version : VERSION,
    ...(access.key === null ? {} : { "x-api-key": access.key }),
  };
}

/** Files as they are since they became generally available, whichever generation the client speaks. */
export function withoutFilesBeta(access: Access): Access {
  return withBetas(access, otherBetas(access));
}

/** Files as they were before, when a list could begin after an id. */
export function withFilesBeta(access: Access): Access {
  return withBetas(access, [...otherBetas(access), FILES_BETA]);
}

function otherBetas({ headers }: Access): readonly string[] {
  const betas = (headers["anthropic-beta"] ?? "").split(",").map((beta) => beta.trim());
  return betas.filter((beta) => beta !== "" && beta !== FILES_BETA);
}

function withBetas(access: Access, betas: readonly string[]): Access {
  const { "anthropic-beta": _, ...headers } = access.headers;
  const value = betas.join(",");
  return { ...access, headers: value === "" ? headers : { ...headers, "anthropic-beta": value } };
}
