import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import type { BatchInput, ReceivedContent } from "../../core/gateway.ts";
import { clientSignal } from "../../lib/client-signal.ts";
import type { Callers } from "../callers.ts";
import { optionsOf } from "../gateway-fields.ts";
import { discardRefused, receiveRequests } from "../streamed-create.ts";
import { createBatchIntake } from "./batch-intake.ts";
import { bodyTooLarge, missingParameter } from "./errors.ts";
import { renderBatch } from "./render.ts";
import { createBatchSchema } from "./schemas.ts";
import { check } from "./validation.ts";

/** On an instance of its own, where JSON is left to the route: requests that come in it pass through, and are never held. */
export function mountCreateBatch(
  app: FastifyInstance,
  services: DialectServices,
  callers: Callers,
): void {
  const { gateway, limits } = services;
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", (_request, _payload, done) => done(null));
  app.post("/batches", async (request, reply) => {
    const intake = createBatchIntake(limits);
    const content = await receiveRequests(request, {
      gateway,
      intake,
      maxBytes: limits.batchBytes,
      tooLarge: (bytes) => bodyTooLarge(`it has more than ${bytes} bytes`),
      signal: clientSignal(reply.raw),
    });
    try {
      const others = intake.others();
      const id = others["input_file_id"] ?? "";
      if (content === null && id === "") throw missingParameter("input_file_id");
      const body = check(createBatchSchema, others);
      const view = await gateway.createBatch(callers.call(request, reply, body.provider), {
        input: inputOf(content, body.input_file_id),
        endpoint: body.endpoint,
        completionWindow: body.completion_window,
        metadata: body.metadata ?? null,
        outputExpiresAfterSeconds: body.output_expires_after?.seconds ?? null,
        model: body.model ?? null,
        options: optionsOf(body),
      });
      return renderBatch(view);
    } catch (error) {
      await discardRefused(services, content, error);
      throw error;
    }
  });
}

/** If both come, the lines that came inline count: SDKs whose types demand an `input_file_id` send one beside them. */
function inputOf(content: ReceivedContent | null, fileId: string | null | undefined): BatchInput {
  return content === null ? { kind: "file", id: fileId ?? "" } : { kind: "content", content };
}
