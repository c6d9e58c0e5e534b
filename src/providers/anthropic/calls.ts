import type { ServerEvent, SynchronousCalls } from "../../core/provider.ts";
import { editJsonObject, findJsonMember } from "../../lib/json-span.ts";
import type { UpstreamHttp } from "../upstream.ts";

export function createCalls(http: UpstreamHttp): SynchronousCalls {
  return {
    send: async ({ body }, signal) =>
      http.answer("POST", "/messages", { operation: "messages.create", signal, body }),
    stream: async ({ body }, signal) =>
      http.events("/messages", {
        operation: "messages.stream",
        signal,
        body: withStream(body),
        isEnd,
      }),
  };
}

/** A body that came from another family doesn't say that it is to be streamed. */
function withStream(body: string): string {
  if (findJsonMember(body, 0, "stream") !== undefined) return body;
  return editJsonObject(body, [], { stream: true });
}

/** After an error no `message_stop` comes. */
function isEnd({ event }: ServerEvent): boolean {
  return event === "message_stop" || event === "error";
}
