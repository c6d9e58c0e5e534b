// https://ai.google.dev/api/tokens#method:-models.counttokens
import type { TokenCounter } from "../../core/provider.ts";
import { editJsonObject } from "../../lib/json-span.ts";
import { numberIn } from "../../lib/number-in.ts";
import type { UpstreamHttp } from "../upstream.ts";
import { withWait } from "./calls.ts";
import { pathOfModel } from "./names.ts";

const ROOT = "/v1beta/";

export function createTokens(http: UpstreamHttp): TokenCounter {
  return {
    async count({ model, body }, signal) {
      const path = pathOfModel(model);
      // The request within names its model too, as the path does.
      const named = editJsonObject(body, [], {
        model: decodeURIComponent(path.slice(ROOT.length)),
      });
      const answer = await http.answer("POST", `${path}:countTokens`, {
        operation: "models.countTokens",
        signal,
        body: `{"generateContentRequest":${named}}`,
      });
      return withWait(answer);
    },
    parse: (answer) => numberIn(answer, "totalTokens"),
  };
}
