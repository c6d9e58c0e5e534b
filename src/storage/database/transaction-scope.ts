import { AsyncLocalStorage } from "node:async_hooks";

const scopes = new AsyncLocalStorage<{ open: boolean }>();

/** Runs the body of a transaction, so that a query outside it is noticed. */
export async function insideTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  const scope = { open: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.open = false;
  }
}

/**
 * On SQLite such a query would wait for ever for the transaction that waits for it; on PostgreSQL it would hold a second
 * connection, and a busy pool would come to the same end.
 */
export function refuseInsideTransaction(): void {
  if (scopes.getStore()?.open === true) {
    throw new Error("inside a transaction only the tables that its callback was given may be used");
  }
}
