import type { ConfigInput } from "../../src/config/schema.ts";
import { ANN_KEY, BEN_KEY } from "./secrets.ts";

type VirtualKey = NonNullable<ConfigInput["virtualKeys"]>[number];

/** Two tenants of one gateway; `changes` are of Ann's key. */
export function twoTenants(changes: Partial<VirtualKey> = {}): ConfigInput {
  return {
    virtualKeys: [
      { name: "ann", key: ANN_KEY, ...changes },
      { name: "ben", key: BEN_KEY },
    ],
  };
}
