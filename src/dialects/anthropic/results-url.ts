import type { FastifyRequest } from "fastify";

/**
 * Where the SDKs fetch results: they send their key to whatever host this names, so it is always ours. They append a relative
 * address to their base URL, which has the mount prefix already.
 */
export function resultsUrl(
  request: FastifyRequest,
  place: { readonly publicUrl: string | null; readonly prefix: string },
): (id: string) => string {
  const { publicUrl, prefix } = place;
  const origin = publicUrl ?? originOf(request);
  const base = origin === "relative" ? "" : origin + prefix;
  return (id) => `${base}/v1/messages/batches/${encodeURIComponent(id)}/results`;
}

/** Forwarded headers count only from proxies that are trusted: that is the server's to say. */
function originOf({ protocol, host }: FastifyRequest): string {
  return host === "" ? "relative" : `${protocol}://${host}`;
}
