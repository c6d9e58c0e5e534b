import { GatewayError } from "../core/errors.ts";
import type { Call } from "../core/gateway.ts";
import type { TranslationMode } from "../core/write-context.ts";
import type { GatewayContext } from "./context.ts";

const HEADER = "x-crossbatch-translation";

/** As the request says in its header, else as the gateway is set. */
export function translationMode(context: GatewayContext, call: Call): TranslationMode {
  const mode = call.headers[HEADER] ?? context.translation;
  if (mode === "strict" || mode === "warn") return mode;
  throw new GatewayError(
    "invalid_request",
    `Invalid '${HEADER}': '${mode.slice(0, 64)}'. It is 'strict' or 'warn'.`,
    { param: HEADER, reason: "invalid_value" },
  );
}
