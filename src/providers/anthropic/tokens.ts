// https://platform.claude.com/docs/en/api/messages-count-tokens
import type { TokenCounter } from "../../core/provider.ts";
import { numberIn } from "../../lib/number-in.ts";
import type { UpstreamHttp } from "../upstream.ts";

export function createTokens(http: UpstreamHttp): TokenCounter {
  return {
    count: async ({ body }, signal) =>
      http.answer("POST", "/messages/count_tokens", {
        operation: "messages.count_tokens",
        signal,
        body,
      }),
    parse: (answer) => numberIn(answer, "input_tokens"),
  };
}
