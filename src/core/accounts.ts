import type { Access, Client } from "./client.ts";
import type { Provider } from "./provider.ts";
import type { ClientTables } from "./storage.ts";

/** An account at a provider, opened for use, and the owner of what is made with it. */
export interface OpenAccount {
  readonly access: Access;
  readonly owner: string;
}

export interface WantedAccount {
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string | null;
  readonly account: string | null;
}

/** Which key speaks to which provider for whom. */
export interface Accounts {
  /**
   * A configured key always wins; else the client's own is passed through where that is allowed. `unauthorized` if there is
   * neither.
   */
  open(client: Client, provider: Provider, headers: Readonly<Record<string, string>>): OpenAccount;
  /** The same for something new, by the model that it needs and the account that holds its input, where they are known. */
  choose(client: Client, provider: Provider, wanted: WantedAccount): OpenAccount;
  /** Every account that a client may list at a provider. */
  openAll(
    client: Client,
    provider: Provider,
    headers: Readonly<Record<string, string>>,
  ): readonly OpenAccount[];
  /** The account that holds an object of the client's. */
  openHome(
    client: Client,
    provider: Provider,
    home: Pick<WantedAccount, "headers" | "account">,
  ): OpenAccount;
  /** Keeps a passed-through key, encrypted, for the engine's later calls. Does nothing for a configured one. */
  keep(access: Access, provider: Provider, tables: ClientTables): Promise<void>;
  /** The same account after the request has gone. `unauthorized` if its key is neither configured nor kept. */
  reopen(
    account: string,
    provider: Provider,
    headers: Readonly<Record<string, string>>,
  ): Promise<Access>;
  /** Erases a kept key once no unfinished batch needs it. */
  release(account: string, tables: ClientTables): Promise<void>;
}
