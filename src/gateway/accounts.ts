import type { Accounts, OpenAccount } from "../core/accounts.ts";
import type { Client } from "../core/client.ts";
import { SHARED_OWNER } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { Provider, ProviderKey } from "../core/provider.ts";
import type { ClientDatabase } from "../core/storage.ts";
import type { SecretBox } from "../lib/secret-box.ts";
import { chooseKey, DEFAULT_KEY, keysOf } from "./choose-key.ts";

const CLIENT_PREFIX = "client-";

export interface AccountsContext {
  readonly database: ClientDatabase;
  readonly box: SecretBox;
  readonly now: () => number;
  /** Between 0 and 1; chooses among several keys. */
  readonly random: () => number;
}

/** Names of accounts tell whose key it is, never the key: `openai/default`, `openai/<name>`, `client-<keyed digest>`. */
export function createAccounts({ database, box, now, random }: AccountsContext): Accounts {
  const ofKey = (
    client: Client,
    provider: Provider,
    { key, headers }: { readonly key: ProviderKey | null; readonly headers: Headers },
  ): OpenAccount => ({
    access: {
      account: `${provider.name}/${key?.name ?? DEFAULT_KEY}`,
      key: key?.key ?? null,
      source: "configured",
      headers: pick(headers, provider),
    },
    owner: client.owner ?? SHARED_OWNER,
  });

  function openOwn(client: Client, provider: Provider, headers: Headers): OpenAccount {
    if (client.grant !== null) {
      throw new GatewayError(
        "forbidden",
        `No API key is configured for provider '${provider.name}'. Whoever runs this gateway must give it one.`,
        { param: "provider", reason: "provider_not_configured" },
      );
    }
    if (client.key === null) {
      throw new GatewayError(
        "unauthorized",
        `No API key is configured for provider '${provider.name}', and the request brought none. Configure one, or send your own as 'Authorization: Bearer …'.`,
        { reason: "invalid_api_key" },
      );
    }
    const account = clientOwner(box, client.key);
    const access = {
      account,
      key: client.key,
      source: "client",
      headers: pick(headers, provider),
    } as const;
    return { access, owner: client.owner ?? account };
  }

  const takesOwn = (provider: Provider) => keysOf(provider).length === 0 && provider.passThrough;

  const open: Accounts["open"] = (client, provider, headers) =>
    takesOwn(provider)
      ? openOwn(client, provider, headers)
      : ofKey(client, provider, { key: keysOf(provider)[0] ?? null, headers });

  return {
    open,
    choose(client, provider, { headers, model, account }) {
      if (takesOwn(provider)) return openOwn(client, provider, headers);
      const home = keyNameOf(account, provider);
      return ofKey(client, provider, {
        key: chooseKey(provider, { model, home }, random),
        headers,
      });
    },
    openAll(client, provider, headers) {
      if (takesOwn(provider)) return [openOwn(client, provider, headers)];
      const keys = keysOf(provider);
      return (keys.length === 0 ? [null] : keys).map((key) =>
        ofKey(client, provider, { key, headers }),
      );
    },
    openHome(client, provider, { headers, account }) {
      const name = keyNameOf(account, provider);
      const key = keysOf(provider).find((each) => each.name === name);
      if (key !== undefined) return ofKey(client, provider, { key, headers });
      if (name !== null && name !== DEFAULT_KEY) throw goneKey(name, provider);
      return open(client, provider, headers);
    },
    async keep(access, provider, tables) {
      if (access.source === "configured" || access.key === null) return;
      await tables.accountKeys.save({
        account: access.account,
        provider: provider.name,
        sealed: box.seal(access.key),
        createdAt: now(),
      });
    },
    async reopen(account, provider, headers) {
      if (!account.startsWith(CLIENT_PREFIX)) {
        const name = keyNameOf(account, provider);
        const key = keysOf(provider).find((each) => each.name === name);
        if (key === undefined && name !== null && name !== DEFAULT_KEY) {
          throw goneKey(name, provider);
        }
        return {
          account,
          key: key?.key ?? null,
          source: "configured",
          headers: pick(headers, provider),
        };
      }
      const sealed = await database.accountKeys.get(account);
      if (sealed === null) {
        throw new GatewayError(
          "unauthorized",
          `The key of this account at '${provider.name}' is no longer kept here.`,
        );
      }
      return {
        account,
        key: box.unseal(sealed),
        source: "client",
        headers: pick(headers, provider),
      };
    },
    async release(account, tables) {
      if (!account.startsWith(CLIENT_PREFIX)) return;
      const sealed = await tables.accountKeys.get(account);
      if (sealed === null || (await tables.batches.accountInUse(account))) return;
      await tables.accountKeys.delete(account, sealed);
    },
  };
}

/** Who the bearer of a key is while no virtual keys are configured: everyone, and the account of that key. */
export function openClient(box: SecretBox, key: string | null, s3: Client["s3"]): Client {
  const own = key === null ? [] : [clientOwner(box, key)];
  return { owners: [SHARED_OWNER, ...own], owner: null, key, mirrors: true, s3, grant: null };
}

/** The owner and account of everything made with a client's own key. */
function clientOwner(box: SecretBox, key: string): string {
  return CLIENT_PREFIX + box.fingerprint(key);
}

/** `north` of `openai/north`; null for accounts of clients' own keys. */
function keyNameOf(account: string | null, { name }: Provider): string | null {
  return account?.startsWith(`${name}/`) === true ? account.slice(name.length + 1) : null;
}

/** A key that was put in its place under the same name would be used. */
function goneKey(name: string, provider: Provider): GatewayError {
  return new GatewayError(
    "unauthorized",
    `This lies in an account at '${provider.name}' whose key '${name}' is no longer configured.`,
  );
}

type Headers = Readonly<Record<string, string>>;

function pick(headers: Headers, provider: Provider): Readonly<Record<string, string>> {
  return Object.fromEntries(
    provider.forwardedHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
