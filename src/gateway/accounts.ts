import type { Accounts } from "../core/accounts.ts";
import type { Client } from "../core/client.ts";
import { SHARED_OWNER } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { Provider } from "../core/provider.ts";
import type { ClientDatabase } from "../core/storage.ts";
import type { SecretBox } from "../lib/secret-box.ts";

const CLIENT_PREFIX = "client-";

export interface AccountsContext {
  readonly database: ClientDatabase;
  readonly box: SecretBox;
  readonly now: () => number;
}

/** Names of accounts tell whose key it is, never the key: `openai/default`, `client-<keyed digest>`. */
export function createAccounts({ database, box, now }: AccountsContext): Accounts {
  const configured = (provider: Provider) => `${provider.name}/default`;
  return {
    open(client, provider, headers) {
      if (provider.configuredKey !== null || !provider.passThrough) {
        const access = {
          account: configured(provider),
          key: provider.configuredKey,
          source: "configured",
          headers: pick(headers, provider),
        } as const;
        return { access, owner: client.owner ?? SHARED_OWNER };
      }
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
        return {
          account,
          key: provider.configuredKey,
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

function pick(
  headers: Readonly<Record<string, string>>,
  provider: Provider,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    provider.forwardedHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
