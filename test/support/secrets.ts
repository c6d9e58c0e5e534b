/** The key that test gateways are configured with; the emulator knows it. */
export const PROVIDER_KEY = "sk-emulator-configured-7f3a91";
/** A key that a client brings; the emulator knows it too, as another account. */
export const CLIENT_KEY = "sk-emulator-client-own-52cd08";
/** A key that no provider knows. */
export const UNKNOWN_KEY = "sk-nobody-knows-this-key-93b1";

/** Virtual keys of two tenants. */
export const ANN_KEY = "cb-tenant-ann-4d1f70a2";
export const BEN_KEY = "cb-tenant-ben-b83c95e6";

/** Every key that the suites send: none of them may stand in a log. */
export const SECRETS = [PROVIDER_KEY, CLIENT_KEY, UNKNOWN_KEY, ANN_KEY, BEN_KEY] as const;
