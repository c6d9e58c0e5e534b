import type { FastifyInstance, FastifyRequest } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors.ts";
import type { BatchView, Call, ReceivedContent } from "../../core/gateway.ts";
import { clientSignal } from "../../lib/client-signal.ts";
import type { Callers } from "../callers.ts";
import { optionsOf } from "../gateway-fields.ts";
import { discardRefused, receiveRequests } from "../streamed-create.ts";
import { invalid } from "./errors.ts";
import { type BatchFields, createBatchIntake } from "./batch-intake.ts";
import type { RenderBatch } from "./batches.ts";

/** On an instance of its own, where JSON is left to the route: up to 256 MB of it pass through, and are never held. */
export function mountCreateBatch(
  app: FastifyInstance,
  services: DialectServices,
  { callers, render }: { readonly callers: Callers; readonly render: RenderBatch },
): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", (_request, _payload, done) => done(null));
  app.post("/v1/messages/batches", async (request, reply) => {
    services.gateway.checkProvider(callers.call(request, reply));
    const { content, fields } = await receiveBatch(request, services, clientSignal(reply.raw));
    const call = callers.call(request, reply, fields.provider);
    return render(request, await createBatch(services, call, { content, fields }));
  });
}

interface ReceivedBatch {
  readonly content: ReceivedContent | null;
  readonly fields: BatchFields;
}

async function receiveBatch(
  request: FastifyRequest,
  { gateway, limits }: DialectServices,
  signal: AbortSignal,
): Promise<ReceivedBatch> {
  const intake = createBatchIntake(limits);
  const maxBytes = limits.batchBytes;
  const content = await receiveRequests(request, { gateway, intake, maxBytes, tooLarge, signal });
  return { content, fields: intake.fields() };
}

async function createBatch(
  services: DialectServices,
  call: Call,
  { content, fields }: ReceivedBatch,
): Promise<BatchView> {
  // The intake has refused a body without requests.
  if (content === null) throw invalid("requests", "Field required");
  try {
    return await services.gateway.createBatch(call, {
      input: { kind: "content", content },
      endpoint: "/v1/chat/completions",
      completionWindow: "24h",
      metadata: null,
      outputExpiresAfterSeconds: null,
      model: fields.model ?? null,
      options: optionsOf(fields),
    });
  } catch (error) {
    await discardRefused(services, content, error);
    throw error;
  }
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    "too_large",
    `Request exceeds the maximum size: a batch may have at most ${limit} bytes.`,
  );
}
