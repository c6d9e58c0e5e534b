import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { DialectServices } from "../../core/dialect.ts";
import type { Callers } from "../callers.ts";
import { optionsOf } from "../gateway-fields.ts";
import type { IdParams } from "../path-id.ts";
import { providerOfBody, readBody, readQuery } from "./call.ts";
import { missingParameter } from "./errors.ts";
import { batchIdOf } from "./ids.ts";
import { renderBatch, renderList } from "./render.ts";
import { createBatchSchema, listQuerySchema } from "./schemas.ts";
import { check } from "./validation.ts";
import type { JsonObject } from "../../core/json.ts";
import type { BatchInput } from "../../core/gateway.ts";

const listSchema = listQuerySchema({ maximum: 100, standard: 20 });

export function mountBatches(
  app: FastifyInstance,
  { gateway }: DialectServices,
  callers: Callers,
): void {
  app.post("/batches", async (request, reply) => {
    const raw = readBody(request);
    requireInput(raw);
    const body = check(createBatchSchema, raw);
    const view = await gateway.createBatch(callers.call(request, reply, body.provider), {
      input: inputOf(body),
      endpoint: body.endpoint,
      completionWindow: body.completion_window,
      metadata: body.metadata ?? null,
      outputExpiresAfterSeconds: body.output_expires_after?.seconds ?? null,
      model: body.model ?? null,
      options: optionsOf(body),
    });
    return renderBatch(view);
  });

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

/** Lines come in a file or inline. SDKs whose types demand an `input_file_id` send it empty beside inline ones. */
function requireInput(body: JsonObject): void {
  const isGiven = (name: string) => ![undefined, null, ""].some((none) => body[name] === none);
  if (!isGiven("input_file_id") && !isGiven("requests")) throw missingParameter("input_file_id");
}

/** If both come, the lines that came inline count: SDKs whose types demand an `input_file_id` send one beside them. */
function inputOf(body: z.infer<typeof createBatchSchema>): BatchInput {
  if (body.requests !== undefined && body.requests !== null) {
    return { kind: "requests", requests: body.requests };
  }
  return { kind: "file", id: body.input_file_id ?? "" };
}
