import type { Client, Visitor } from "../core/client.ts";
import { isGatewayError } from "../core/errors.ts";
import { networkOf } from "../lib/network-of.ts";
import { createRequestRates } from "./request-rates.ts";

export interface FrontDoor {
  /** The bearer of a virtual key; null where the gateway is open. */
  readonly openWithKey: (key: string | null) => Promise<Client | null>;
  /** Who somebody is where it is. */
  readonly openWithout: (key: string | null) => Client;
  /** Requests without a good virtual key that one address may send in a minute; null: any number. */
  readonly requestsPerMinute: number | null;
  readonly now: () => number;
}

/**
 * Who asks. Bearers of virtual keys are held to the limits of those; everybody else to one of their address, since any text
 * may be sent as a key where none is checked. Refused keys count too.
 */
export function createFrontDoor(door: FrontDoor): (visitor: Visitor) => Promise<Client> {
  const rates = createRequestRates(door.now, "This address");
  const countAddress = ({ address }: Visitor) =>
    rates.count(networkOf(address), door.requestsPerMinute);
  return async (visitor) => {
    let client: Client | null;
    try {
      client = await door.openWithKey(visitor.key);
    } catch (error) {
      if (isGatewayError(error, "unauthorized")) countAddress(visitor);
      throw error;
    }
    if (client !== null) return client;
    countAddress(visitor);
    return door.openWithout(visitor.key);
  };
}
