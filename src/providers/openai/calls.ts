import { GatewayError } from "../../core/errors.ts";
import type { ServerEvent, SynchronousCalls, SynchronousRequest } from "../../core/provider.ts";
import { editJsonObject, findJsonMember } from "../../lib/json-span.ts";
import type { UpstreamHttp } from "../upstream.ts";

/** https://platform.openai.com/docs/api-reference/chat/create and its neighbours: the same bodies as a batch's lines have. */
export function createCalls(http: UpstreamHttp): SynchronousCalls {
  return {
    send: async (request, signal) =>
      http.answer("POST", pathOf(request), {
        operation: "calls.send",
        signal,
        body: withoutStream(request.body),
      }),
    stream: async (request, signal) =>
      http.events(pathOf(request), {
        operation: "calls.stream",
        signal,
        body: withStream(request.body),
        isEnd: isLast,
      }),
  };
}

/** The base URL has the version already. */
function pathOf({ endpoint }: SynchronousRequest): string {
  const path = /^\/v1(\/[a-z][a-z/_-]*)$/.exec(endpoint)?.[1];
  if (path !== undefined) return path;
  const message = `'${endpoint}' is no endpoint for single calls; it must be such as /v1/chat/completions.`;
  throw new GatewayError("invalid_request", message, { param: "endpoint", notSent: true });
}

/** What is to be answered whole may not ask for a stream, though a batch's line may have got away with it. */
function withoutStream(body: string): string {
  if (!body.includes('"stream"') || findJsonMember(body, 0, "stream") === undefined) return body;
  return editJsonObject(body, ["stream", "stream_options"], {});
}

/** A body that came from another family doesn't say that it is to be streamed; whoever reads it wants its usage too. */
function withStream(body: string): string {
  if (findJsonMember(body, 0, "stream") !== undefined) return body;
  return editJsonObject(body, [], { stream: true, stream_options: { include_usage: true } });
}

/** Chats end with `[DONE]`, responses with an event that says how. */
function isLast({ event, data }: ServerEvent): boolean {
  return data === "[DONE]" || (event !== null && LAST_EVENTS.has(event));
}

const LAST_EVENTS: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "error",
]);
