import type { z } from "zod";
import type { GatewayError } from "../core/errors.ts";

/** How a dialect says what is wrong with a request. */
export interface Wording {
  /** Reads what a client sent, and throws the first thing that is wrong with it. */
  check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema>;
  missing(name: string): GatewayError;
  unknown(name: string): GatewayError;
  /** `rule` is a sentence. */
  invalid(name: string, rule: string): GatewayError;
  notAnObject(): GatewayError;
}
