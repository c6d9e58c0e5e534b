import type { Route } from "./call.ts";
import { StatusError } from "./status-error.ts";

interface Found {
  readonly route: Route;
  readonly ids: readonly string[];
}

/** Ids are decoded after the path was matched, so that `%2F` stays within one. */
export function findRoute(routes: readonly Route[], method: string, pathname: string): Found {
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = route.pattern.exec(pathname);
    if (match !== null) return { route, ids: match.slice(1).map((id) => decode(id ?? "")) };
  }
  throw new StatusError("NOT_FOUND", `Nothing answers ${method} ${pathname}.`);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
