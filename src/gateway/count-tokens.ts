import { GatewayError } from "../core/errors.ts";
import type { Call, CountTokens, TokenCount } from "../core/gateway.ts";
import type { SynchronousRequest, TokenCounter } from "../core/provider.ts";
import { writeEndpoint } from "../formats/openai/endpoints.ts";
import { failureOf, isSuccess } from "./call-failure.ts";
import { openChat, passedOn, toAsked } from "./chat.ts";
import type { ChatTarget } from "./chat-target.ts";
import type { GatewayContext } from "./context.ts";
import { translateChat } from "./translated-chat.ts";

/** What a request would be charged for as its input, as its provider counts it; nothing is answered. */
export async function countTokens(
  context: GatewayContext,
  call: Call,
  request: CountTokens,
): Promise<TokenCount> {
  const target = await openChat(context, call, request);
  const { provider, upstream } = target.source;
  const { tokens } = upstream;
  if (tokens === undefined) {
    throw new GatewayError(
      "invalid_request",
      `${provider.name} doesn't count the tokens of a request before it is sent.`,
      { param: "provider", reason: "invalid_value" },
    );
  }
  if (provider.format !== call.format) return translated(context, target, tokens);
  const asked = toAsked(target, request.written);
  return passedOn(await tokens.count(asked, call.signal), target.source);
}

async function translated(
  context: GatewayContext,
  target: ChatTarget,
  tokens: TokenCounter,
): Promise<TokenCount> {
  const { call, request, source, model } = target;
  const translation = translateChat(context, target);
  const asked: SynchronousRequest = {
    endpoint: writeEndpoint(translation.endpoint),
    model,
    variant: request.variant,
    body: translation.bodies[0] ?? "",
  };
  const answer = await tokens.count(asked, call.signal);
  if (!isSuccess(answer)) throw failureOf(answer, source);
  const inputTokens = tokens.parse(answer.body);
  if (inputTokens === null) {
    throw new GatewayError(
      "upstream_unavailable",
      `The answer of ${source.provider.name} doesn't say how many tokens the request has.`,
    );
  }
  return {
    provider: source.provider.name,
    requestId: answer.requestId,
    warnings: translation.warnings(),
    answer: { kind: "counted", inputTokens },
  };
}
