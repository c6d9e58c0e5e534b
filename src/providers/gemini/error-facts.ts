// https://cloud.google.com/apis/design/errors#error_model
import { z } from "zod";
import type { JsonObject } from "../../core/json.ts";
import type { OwnFacts } from "../upstream-error.ts";
import { wireErrorDetail } from "./wire.ts";

const details = z.array(wireErrorDetail).catch([]);

const KEY_REASONS: ReadonlySet<string> = new Set(["API_KEY_INVALID", "API_KEY_EXPIRED"]);

/** An invalid key is a 400 at Google, a missing one a 403, and how long to wait is in the body. */
export function readErrorFacts(error: JsonObject): OwnFacts {
  let facts: OwnFacts = {};
  for (const { reason, retryDelay } of details.parse(error["details"])) {
    if (reason) facts = { ...facts, reason };
    if (reason && KEY_REASONS.has(reason)) facts = { ...facts, code: "upstream_unauthorized" };
    const retryAfterSeconds = toSeconds(retryDelay ?? "");
    if (retryAfterSeconds !== null) facts = { ...facts, retryAfterSeconds };
  }
  return isWithoutKey(error) ? { ...facts, code: "upstream_unauthorized" } : facts;
}

/** `36s` of a `google.rpc.RetryInfo`. */
function toSeconds(duration: string): number | null {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

function isWithoutKey({ status, message }: JsonObject): boolean {
  return (
    status === "PERMISSION_DENIED" &&
    typeof message === "string" &&
    message.startsWith("Method doesn't allow unregistered callers")
  );
}
