// https://platform.openai.com/docs/api-reference/models/list
import { z } from "zod";
import type { UpstreamModels } from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";

const wireModels = z.looseObject({ data: z.array(z.record(z.string(), z.json())) });

export function createModels(http: UpstreamHttp): UpstreamModels {
  return {
    async list(signal) {
      const call = { operation: "models.list", signal, reply: wireModels };
      const { data } = await http.json("GET", "/models", call);
      return data.flatMap((native) => {
        const { id, created, owned_by: owner } = native;
        if (typeof id !== "string") return [];
        return {
          id,
          displayName: null,
          owner: typeof owner === "string" ? owner : null,
          createdAtSeconds: typeof created === "number" ? Math.trunc(created) : null,
          native,
        };
      });
    },
  };
}
