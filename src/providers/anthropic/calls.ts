import type { ServerEvent, SynchronousCalls } from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";

export function createCalls(http: UpstreamHttp): SynchronousCalls {
  return {
    send: async ({ body }, signal) =>
      http.answer("POST", "/messages", { operation: "messages.create", signal, body }),
    stream: async ({ body }, signal) =>
      http.events("/messages", { operation: "messages.stream", signal, body, isEnd }),
  };
}

/** After an error no `message_stop` comes. */
function isEnd({ event }: ServerEvent): boolean {
  return event === "message_stop" || event === "error";
}
