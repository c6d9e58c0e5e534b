import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import type { Callers } from "../callers.ts";
import type { IdParams } from "../path-id.ts";
import { providerOfBody, readQuery } from "./call.ts";
import { batchIdOf } from "./ids.ts";
import { renderBatch, renderList } from "./render.ts";
import { listQuerySchema } from "./schemas.ts";
import { check } from "./validation.ts";

const listSchema = listQuerySchema({ maximum: 100, standard: 20 });

export function mountBatches(
  app: FastifyInstance,
  { gateway }: DialectServices,
  callers: Callers,
): void {
  app.get("/batches", async (request, reply) => {
    const { after, limit, model } = check(listSchema, readQuery(request));
    const page = await gateway.listBatches(callers.call(request, reply), {
      after: after ?? null,
      limit,
      order: "desc",
      ...(model === undefined ? {} : { model }),
    });
    return renderList(page, renderBatch);
  });

  app.get<IdParams>("/batches/:id", async (request, reply) => {
    const id = batchIdOf(request.params.id);
    return renderBatch(await gateway.retrieveBatch(callers.call(request, reply), id));
  });

  app.post<IdParams>("/batches/:id/cancel", async (request, reply) => {
    const id = batchIdOf(request.params.id);
    const call = callers.call(request, reply, providerOfBody(request));
    return renderBatch(await gateway.cancelBatch(call, id));
  });
}
