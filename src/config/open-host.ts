import { isIPv4 } from "node:net";
import { redactKeys } from "../lib/redact-keys.ts";

/**
 * Whoever reaches the gateway spends the operator's money at the providers, so that it lets other machines reach it only
 * where somebody said so.
 */
export function openHostProblem(values: Readonly<Record<string, unknown>>): string[] {
  const { host, allowOpen, requireKeys, virtualKeys } = values;
  if (typeof host !== "string" || isLoopback(host) || allowOpen === true) return [];
  if (requireKeys === true || (Array.isArray(virtualKeys) && virtualKeys.length > 0)) return [];
  return [
    `${redactKeys(JSON.stringify(host), null)} is an address that other machines reach, and anyone there could use this gateway and its provider keys: ` +
      "set CROSSBATCH_ALLOW_OPEN=true (allow_open: true) if that is meant, CROSSBATCH_REQUIRE_KEYS=true (require_keys: true) if it shall take virtual keys only, or CROSSBATCH_HOST=127.0.0.1",
  ];
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, "");
  return (
    address === "localhost" || address === "::1" || (isIPv4(address) && address.startsWith("127."))
  );
}
