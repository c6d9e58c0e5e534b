// https://ai.google.dev/api/models#method:-models.list
import { z } from "zod";
import type { UpstreamModel, UpstreamModels } from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";

const wireModels = z.looseObject({
  models: z.array(z.record(z.string(), z.json())).nullish(),
  nextPageToken: z.string().nullish().catch(null),
});

const PAGE = 1_000;
/** A host whose pages never end must not keep us. */
const MAX_PAGES = 20;

export function createModels(http: UpstreamHttp): UpstreamModels {
  return {
    async list(signal) {
      const models: UpstreamModel[] = [];
      let token: string | null = null;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = { pageSize: PAGE, ...(token === null ? {} : { pageToken: token }) };
        const call = { operation: "models.list", signal, query, reply: wireModels };
        const reply: z.infer<typeof wireModels> = await http.json("GET", "/v1beta/models", call);
        models.push(...(reply.models ?? []).flatMap(toModel));
        token = reply.nextPageToken ?? null;
        if (token === null || token === "") break;
      }
      return models;
    },
  };
}

/** Calls name a model without the collection that it is in, but for tuned ones. */
function toModel(
  native: NonNullable<z.infer<typeof wireModels>["models"]>[number],
): readonly UpstreamModel[] {
  const { name, displayName } = native;
  if (typeof name !== "string") return [];
  return [
    {
      id: name.replace(/^models\//, ""),
      displayName: typeof displayName === "string" ? displayName : null,
      owner: "google",
      createdAtSeconds: null,
      native,
    },
  ];
}
