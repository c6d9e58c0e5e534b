import type { Batch } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import { headersOf } from "./input.ts";

/** A batch's account at its provider. Throws `unauthorized` if its key is neither configured nor kept. */
export async function connect(
  { providers, accounts }: Pick<EngineContext, "providers" | "accounts">,
  batch: Batch,
) {
  const provider = providers.get(batch.provider);
  const access = await accounts.reopen(batch.account, provider, headersOf(batch));
  return { provider, access, upstream: provider.connect(access, batch.options) };
}
