// https://platform.claude.com/docs/en/api/models/list
import { z } from "zod";
import type { UpstreamModel, UpstreamModels } from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";

const wireModels = z.looseObject({
  data: z.array(z.record(z.string(), z.json())),
  has_more: z.boolean().nullish().catch(null),
  last_id: z.string().nullish().catch(null),
});

const PAGE = 1_000;
/** A host whose pages never end must not keep us. */
const MAX_PAGES = 20;

export function createModels(http: UpstreamHttp): UpstreamModels {
  return {
    async list(signal) {
      const models: UpstreamModel[] = [];
      let after: string | null = null;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = { limit: PAGE, ...(after === null ? {} : { after_id: after }) };
        const call = { operation: "models.list", signal, query, reply: wireModels };
        const reply: z.infer<typeof wireModels> = await http.json("GET", "/models", call);
        models.push(...reply.data.flatMap(toModel));
        after = reply.last_id ?? null;
        if (reply.has_more !== true || after === null) break;
      }
      return models;
    },
  };
}

function toModel(native: z.infer<typeof wireModels>["data"][number]): readonly UpstreamModel[] {
  const { id, display_name: name, created_at: created } = native;
  if (typeof id !== "string") return [];
  const time = typeof created === "string" ? Date.parse(created) : Number.NaN;
  return [
    {
      id,
      displayName: typeof name === "string" ? name : null,
      owner: null,
      createdAtSeconds: Number.isNaN(time) ? null : Math.trunc(time / 1_000),
      native,
    },
  ];
}
