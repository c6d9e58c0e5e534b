import { type FastifyReply, type FastifyRequest, LogController } from "fastify";

/** Fastify's own lines are ours to write, but for what only it sees: a stream that breaks in the middle of an answer. */
export class QuietLogController extends LogController {
  constructor() {
    super({ requestIdLogLabel: "requestId" });
  }

  override incomingRequest(): void {}

  override requestCompleted(): void {}

  override defaultErrorLog(): void {}

  override routeNotFound(): void {}

  override streamError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
    // The client went away: the line of the request says so.
    if ("code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
    reply.log.warn({ error }, "an answer broke off in the middle");
  }
}
