import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { Call, ListedModel } from "../core/gateway.ts";
import { checkAllowed, isModelAllowed } from "../core/grant.ts";
import { withoutPrefix } from "../core/model-name.ts";
import type { Provider } from "../core/provider.ts";
import type { GatewayContext } from "./context.ts";
import { openSource } from "./mirror.ts";
import { hasOwnKey, namedProvider, resolveProvider } from "./resolve.ts";

/** What can be asked, each model by an id that leads to it. */
export async function listModels(
  context: GatewayContext,
  call: Call,
): Promise<readonly ListedModel[]> {
  const named = namedProvider(call, context.providers);
  if (named !== null) {
    checkAllowed(call.client, named, null);
    return modelsOf(context, call, named);
  }
  const providers = askable(context, call);
  const lists = await Promise.all(
    providers.map(async (provider) => {
      try {
        return await modelsOf(context, call, provider);
      } catch (error) {
        // One provider that is down, or has no key, must not hide what the others have.
        call.signal.throwIfAborted();
        if (!isGatewayError(error) || providers.length === 1) throw error;
        context.log.debug({ provider: provider.name, error }, "models could not be listed");
        return [];
      }
    }),
  );
  return lists.flat();
}

export async function retrieveModel(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<ListedModel> {
  const provider = resolveProvider(call, context.providers, { model: id });
  const models = await modelsOf(context, call, provider);
  const wanted = withoutPrefix(id, provider.modelPrefix);
  const found = models.find(({ model }) => model.id === wanted);
  if (found !== undefined) return { ...found, id };
  throw new GatewayError("not_found", `The model '${id.slice(0, 200)}' does not exist.`, {
    param: "model",
    reason: "model_not_found",
  });
}

/** The dialect's own provider, and those with a key of their own whose models can be named by a prefix. */
function askable({ providers }: GatewayContext, call: Call): readonly Provider[] {
  const all = providers.names.map((name) => providers.get(name));
  return all.filter(
    (provider) =>
      call.client.grant?.providers?.includes(provider.name) !== false &&
      (provider.name === call.defaultProvider ||
        (provider.modelPrefix !== null && hasOwnKey(provider))),
  );
}

async function modelsOf(
  context: GatewayContext,
  call: Call,
  provider: Provider,
): Promise<readonly ListedModel[]> {
  const { models } = openSource(context, call, provider).upstream;
  const list = (await models?.list(call.signal)) ?? [];
  const isPlain =
    provider.name === call.defaultProvider || namedProvider(call, context.providers) !== null;
  const patterns = call.client.grant?.models ?? null;
  const usable = list.filter(({ id }) => isModelAllowed(patterns, provider, id));
  return usable.map((model) => ({
    id: isPlain ? model.id : `${provider.name}/${model.id}`,
    provider: provider.name,
    format: provider.format,
    model,
  }));
}
