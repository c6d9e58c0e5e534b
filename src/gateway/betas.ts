import { GatewayError } from "../core/errors.ts";
import type { Call } from "../core/gateway.ts";
import type { Provider } from "../core/provider.ts";

/** https://platform.claude.com/docs/en/api/beta-headers */
const HEADER = "anthropic-beta";
/** By these SDKs say which of Anthropic's endpoints they mean: they say nothing of a request. */
const OF_ENDPOINTS = /^(?:message-batches|files-api|token-counting)-/;
const MAX_BETAS = 32;
const BETA = /^[A-Za-z0-9._-]{1,100}$/;

/** What the client has switched on for its requests, where the provider isn't told by the header itself. */
export function betasOf(call: Call, { format, forwardedHeaders }: Provider): readonly string[] {
  if (format === call.format || forwardedHeaders.includes(HEADER)) return [];
  const all = (call.headers[HEADER] ?? "").split(",").map((beta) => beta.trim());
  const betas = [...new Set(all)].filter((beta) => beta !== "" && !OF_ENDPOINTS.test(beta));
  // Each line of a batch repeats them.
  if (betas.length <= MAX_BETAS && betas.every((beta) => BETA.test(beta))) return betas;
  throw new GatewayError(
    "invalid_request",
    `The header '${HEADER}' must hold at most ${MAX_BETAS} names, with commas between them, each of at most 100 letters, digits, '.', '_' and '-'.`,
    { param: HEADER, reason: "invalid_value" },
  );
}
