import type { Grant } from "./grant.ts";

/** Objects are found only among these owners. The engine, which acts for everyone, says `every`. */
export type Owners = readonly string[] | "every";

/** The owners that a client may ask for; never everyone's. */
export type ClientOwners = readonly string[];

/** The owner of what is made with a configured provider key while no virtual keys are configured: all clients share it. */
export const SHARED_OWNER = "shared";

/** What is known of somebody who asks before it is known who that is. */
export interface Visitor {
  /** The key that the request brought, or null. A secret. */
  readonly key: string | null;
  /** Where the request came from; what proxies say counts as configured. */
  readonly address: string;
}

/** Who asks: what it may see, and the credential it brought. */
export interface Client {
  /** Whose objects it may see. */
  readonly owners: ClientOwners;
  /** Who owns what it makes; null: whoever's key made it. */
  readonly owner: string | null;
  /** The key that the client sent, or null. A secret: it never reaches logs, errors or another tenant. */
  readonly key: string | null;
  /** Whether a provider's own lists and ids of things made elsewhere are open to it: not to tenants with virtual keys. */
  readonly mirrors: boolean;
  /** Where the client may name S3 locations: anywhere, or only below these `s3://bucket/prefix` URIs (none: nowhere). */
  readonly s3: "anywhere" | readonly string[];
  /** What its virtual key allows; null for clients of an open gateway, who may do everything. */
  readonly grant: Grant | null;
}

/** How to speak to a provider for one account. */
export interface Access {
  /** Names the account, not the key: `openai/default` for a configured key, `client-<hmac>` for a passed-through one. */
  readonly account: string;
  /** A secret; null where the host takes none. */
  readonly key: string | null;
  /** Whose key it is: decides what a refusal is told to the client. */
  readonly source: "configured" | "client";
  /** Headers of the client's own request that travel on: `openai-organization`, `openai-project`, `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>;
}
