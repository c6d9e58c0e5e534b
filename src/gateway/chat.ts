import { strangerFiles } from "../core/aliases.ts";
import { GatewayError } from "../core/errors.ts";
import type { Call, ChatAnswer, CreateChat } from "../core/gateway.ts";
import { isJsonObject } from "../core/json.ts";
import type { Provider, SynchronousAnswer, SynchronousRequest } from "../core/provider.ts";
import { withoutPrefix } from "../core/model-name.ts";
import { createLineGuard, guardOption } from "../lines/line-guard.ts";
import { editJsonObject } from "../lib/json-span.ts";
import { failureOf, isSuccess } from "./call-failure.ts";
import type { ChatTarget } from "./chat-target.ts";
import type { GatewayContext } from "./context.ts";
import { openTarget, type Source } from "./mirror.ts";
import { resolveProvider } from "./resolve.ts";
import { translatedChat } from "./translated-chat.ts";

/** One request to a model, of whatever provider, answered in the call's own format. */
export async function chat(
  context: GatewayContext,
  call: Call,
  request: CreateChat,
): Promise<ChatAnswer> {
  const target = await openChat(context, call, request);
  return target.source.provider.format === call.format
    ? passOn(target)
    : translatedChat(context, target);
}

/** Where a request goes, if its client may send it there. */
export async function openChat(
  context: GatewayContext,
  call: Call,
  request: CreateChat,
): Promise<ChatTarget> {
  const provider = resolveProvider(call, context.providers, { model: request.model });
  const source = openTarget(context, call, {
    provider,
    model: request.model,
    account: null,
  });
  await checkReferences(context, call, { provider, request });
  const { calls } = source.upstream;
  if (calls === undefined) {
    throw new GatewayError("invalid_request", `${provider.name} takes no single requests.`, {
      param: "provider",
    });
  }
  const model = withoutPrefix(request.model, provider.modelPrefix);
  return { call, request, source, calls, model };
}

/** Accounts are shared by keys, so a request of one must not name what belongs to another. */
async function checkReferences(
  context: GatewayContext,
  call: Call,
  { provider, request }: { readonly provider: Provider; readonly request: CreateChat },
): Promise<void> {
  const guard = createLineGuard({ options: guardOption(call.client) });
  if (guard === null) return;
  guard.add(Buffer.from(`{"body":${request.text}}`), 1);
  const [error] = await guard.errors({
    provider,
    model: request.model,
    strangers: (ids) => strangerFiles(context.database, ids, call.client.owners),
  });
  if (error === undefined) return;
  const param = error.param?.replace(/^body\./, "") ?? "body";
  // What isn't there is told like what is another's.
  const kind = error.code === "file_not_found" ? "not_found" : "forbidden";
  throw new GatewayError(kind, error.message, { reason: error.code, param });
}

/** One family: what was written goes there as it is, and so does what comes back. */
async function passOn(target: ChatTarget): Promise<ChatAnswer> {
  const { call, request, source, calls } = target;
  const asked = toAsked(target, request.text);
  const answer = request.streams
    ? await calls.stream(asked, call.signal)
    : await calls.send(asked, call.signal);
  if (answer.kind === "whole") return passedOn(answer, source);
  return { provider: source.provider.name, requestId: answer.requestId, warnings: [], answer };
}

/** A request in its provider's own words. */
export function toAsked({ request, model }: ChatTarget, text: string): SynchronousRequest {
  const { endpoint, variant } = request;
  const body = model === request.model ? text : editJsonObject(text, [], { model });
  return { endpoint, model, variant, body };
}

/** An answer in the words that its reader knows. */
export function passedOn(answer: SynchronousAnswer, source: Source) {
  if (!isSuccess(answer) && !isOwnError(answer)) throw failureOf(answer, source);
  const { status, retryAfterSeconds, body, requestId } = answer;
  return {
    provider: source.provider.name,
    requestId,
    warnings: [],
    answer: { kind: "whole", status, retryAfterSeconds, body },
  } as const;
}

/** A refused key is explained, and what isn't JSON (a proxy's page) isn't what clients can read. */
function isOwnError({ status, body }: SynchronousAnswer): boolean {
  return status >= 400 && status !== 401 && isObjectText(body);
}

function isObjectText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}
