import type { FastifyInstance, FastifyRequest } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { BatchView, Call, ReceivedContent } from "../../core/gateway.ts";
import { clientSignal } from "../../lib/client-signal.ts";
import type { Callers } from "../callers.ts";
import { optionsOf } from "../gateway-fields.ts";
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
  readonly content: ReceivedContent;
  readonly fields: BatchFields;
}

async function receiveBatch(
  { raw, headers }: FastifyRequest,
  { gateway, limits }: DialectServices,
  signal: AbortSignal,
): Promise<ReceivedBatch> {
  if (Number(headers["content-length"] ?? 0) > limits.batchBytes) throw tooLarge(limits.batchBytes);
  const intake = createBatchIntake(limits);
  let bytes = 0;
  async function* lines(): AsyncGenerator<Uint8Array> {
    // Destroying the request would take the answer along.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes > limits.batchBytes) throw tooLarge(limits.batchBytes);
      const cut = intake.push(chunk);
      if (cut.length > 0) yield cut;
    }
    intake.end();
  }
  try {
    const content = await gateway.receive(lines(), signal);
    return { content, fields: intake.fields() };
  } catch (error) {
    // A client that is still sending reads its answer only after that.
    raw.resume();
    throw isCutShort(error)
      ? new GatewayError("client_closed", "The request ended before its body did.", {
          cause: error,
        })
      : error;
  }
}

async function createBatch(
  { gateway, log }: DialectServices,
  call: Call,
  { content, fields }: ReceivedBatch,
): Promise<BatchView> {
  try {
    return await gateway.createBatch(call, {
      input: { kind: "content", content },
      endpoint: "/v1/chat/completions",
      completionWindow: "24h",
      metadata: null,
      outputExpiresAfterSeconds: null,
      model: fields.model ?? null,
      options: optionsOf(fields),
    });
  } catch (error) {
    if (isRefusal(error)) {
      await gateway.discard(content).catch((failure: unknown) => {
        log.warn({ error: failure, blob: content.blob }, "a refused batch could not be removed");
      });
    }
    throw error;
  }
}

/** After any other failure the batch may be there and read these bytes; if it isn't, a sweep finds that no row names them. */
function isRefusal(error: unknown): boolean {
  return isGatewayError(error) && error.status < 500 && error.code !== "client_closed";
}

function isCutShort(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET";
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    "too_large",
    `Request exceeds the maximum size: a batch may have at most ${limit} bytes.`,
  );
}
