import { GatewayError } from "../core/errors.ts";
import type { BatchResults, Call } from "../core/gateway.ts";
import type { GatewayContext } from "./context.ts";
import { getBatch } from "./lookup.ts";

export async function openResults(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchResults> {
  await getBatch(context, call, id);
  throw new GatewayError("not_found", `Batch ${id} has no available results.`);
}
