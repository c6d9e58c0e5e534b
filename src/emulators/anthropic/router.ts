import { ApiError } from "./api-error.ts";
import type { Route } from "./call.ts";

const API_ROOT = "/v1";

export interface Found {
  readonly route: Route;
  readonly ids: readonly string[];
}

/** Finds the route of a request; ids are decoded after the path is split, so that `%2F` stays within one. */
export function findRoute(routes: readonly Route[], method: string, pathname: string): Found {
  if (!pathname.startsWith(`${API_ROOT}/`)) throw new ApiError(404, "Not Found");
  const segments = pathname.slice(API_ROOT.length).split("/");
  let isKnownPath = false;
  for (const route of routes) {
    const ids = match(route.path.split("/"), segments);
    if (ids === null) continue;
    isKnownPath = true;
    if (route.method === method) return { route, ids };
  }
  throw isKnownPath ? new ApiError(405, "Method Not Allowed") : new ApiError(404, "Not Found");
}

function match(pattern: readonly string[], segments: readonly string[]): readonly string[] | null {
  if (pattern.length !== segments.length) return null;
  const ids: string[] = [];
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (wanted === "*" && segment !== "") ids.push(decode(segment));
    else if (wanted !== segment) return null;
  }
  return ids;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
