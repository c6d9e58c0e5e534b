import type { FastifyInstance, FastifyRequest } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { BatchResults, BatchView, Call, Gateway } from "../../core/gateway.ts";
import type { Callers } from "../callers.ts";
import { type IdParams, isPossibleId } from "../path-id.ts";
import { providerOfBody, readQuery } from "./call.ts";
import { batchNotFound, noResults, shorten } from "./errors.ts";
import { listPage } from "./paging.ts";
import { renderDeletedBatch, type renderBatch } from "./render.ts";
import { listQuerySchema } from "./schemas.ts";
import { WORDING } from "./validation.ts";

/** As the client reaches us: a batch names the address of its results. */
export type RenderBatch = (
  request: FastifyRequest,
  view: BatchView,
) => ReturnType<typeof renderBatch>;

const PATH = "/v1/messages/batches";

export function mountBatches(
  app: FastifyInstance,
  { gateway }: DialectServices,
  { callers, render }: { readonly callers: Callers; readonly render: RenderBatch },
): void {
  app.get(PATH, async (request, reply) => {
    const query = WORDING.check(listQuerySchema, readQuery(request));
    const call = callers.call(request, reply);
    return listPage(
      query,
      (page) => gateway.listBatches(call, page),
      (view) => render(request, view),
    );
  });

  app.get<IdParams>(`${PATH}/:id`, async (request, reply) => {
    const call = callers.call(request, reply);
    const find = (id: string) => gateway.retrieveBatch(call, id);
    return render(request, await withBatch(request.params.id, find));
  });

  app.post<IdParams>(`${PATH}/:id/cancel`, async (request, reply) => {
    const call = callers.call(request, reply, providerOfBody(request));
    return render(
      request,
      await withBatch(request.params.id, async (id) => {
        try {
          return await gateway.cancelBatch(call, id);
        } catch (error) {
          throw isGatewayError(error, "conflict") ? alreadyEnded(id, error) : error;
        }
      }),
    );
  });

  app.delete<IdParams>(`${PATH}/:id`, async (request, reply) => {
    const call = callers.call(request, reply, providerOfBody(request));
    const remove = (id: string) => gateway.deleteBatch(call, id);
    const { batch } = await withBatch(request.params.id, remove);
    return renderDeletedBatch(batch);
  });

  app.get<IdParams>(`${PATH}/:id/results`, async (request, reply) => {
    const call = callers.call(request, reply);
    const { stream } = await openResults(gateway, call, request.params.id);
    return reply.header("content-type", "application/x-jsonl").send(stream);
  });
}

async function withBatch<Result>(
  id: string,
  use: (id: string) => Promise<Result>,
): Promise<Result> {
  if (!isPossibleId(id)) throw batchNotFound(id);
  try {
    return await use(id);
  } catch (error) {
    throw isGatewayError(error, "not_found") ? batchNotFound(id, error) : error;
  }
}

async function openResults(gateway: Gateway, call: Call, id: string): Promise<BatchResults> {
  if (!isPossibleId(id)) throw batchNotFound(id);
  try {
    return await gateway.openResults(call, id);
  } catch (error) {
    if (!isGatewayError(error, "not_found")) throw error;
    // Either there is no such batch, or none of its results.
    await withBatch(id, () => gateway.retrieveBatch(call, id));
    throw noResults(id, error);
  }
}

function alreadyEnded(id: string, cause: unknown): GatewayError {
  const message = `Message Batch ${shorten(id)} has already ended and cannot be canceled.`;
  return new GatewayError("invalid_request", message, { cause });
}
