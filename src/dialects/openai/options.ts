import type { JsonObject } from "../../core/json.ts";
import type { GatewayFields } from "./schemas.ts";

/** Where the client wants its bytes, in its own spelling; whether it may is the gateway's to say. */
export function optionsOf(fields: Partial<GatewayFields>): JsonObject {
  return {
    ...(isSaid(fields.storage_config) ? { storage_config: fields.storage_config } : {}),
    ...(isSaid(fields.output_s3_uri) ? { output_s3_uri: fields.output_s3_uri } : {}),
    ...(isSaid(fields.model_invocation_type)
      ? { model_invocation_type: fields.model_invocation_type }
      : {}),
  };
}

function isSaid<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
