import type { IncomingHttpHeaders } from "node:http";
import { bearerKey } from "./bearer-key.ts";

/** Where SDKs put the key of their client. */
type KeyHeader = "authorization" | "x-api-key" | "x-goog-api-key";

/** The key that a request brought: of several the one in the header that comes first in the order. */
export function requestKey(
  headers: IncomingHttpHeaders,
  order: readonly KeyHeader[],
): string | null {
  for (const name of order) {
    const key =
      name === "authorization" ? bearerKey(headers.authorization) : plainKey(headers[name]);
    if (key !== null) return key;
  }
  return null;
}

function plainKey(header: string | readonly string[] | undefined): string | null {
  const key = [header ?? []].flat()[0]?.trim() ?? "";
  return key === "" ? null : key;
}
