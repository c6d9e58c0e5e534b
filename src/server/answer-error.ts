import type { FastifyReply, FastifyRequest } from "fastify";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError } from "../core/errors.ts";
import { toGatewayError } from "./gateway-error.ts";

export type RenderError = Dialect["renderError"];

export interface FailedRequest {
  readonly thrown: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Turns whatever was thrown into an answer in a dialect's shape. */
export function answerError(
  { thrown, request, reply }: FailedRequest,
  render: RenderError,
): FastifyReply {
  const error = reply.raw.destroyed
    ? new GatewayError("client_closed", "The client left before its answer was there.")
    : toGatewayError(thrown, request.id);
  errors.set(request.raw, error);
  if (error.code === "client_closed") request.log.debug({ error: thrown }, "a client left");
  else if (error.code === "internal") request.log.error({ error: thrown }, "a request failed");
  else if (error.status >= 500) request.log.warn({ error }, "a request could not be served");
  const { status, headers, body } = render(error, request.id);
  return reply
    .status(status)
    .headers(headers)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

const errors = new WeakMap<FastifyRequest["raw"], GatewayError>();

/** What the client was told, for the line of its request in the log. */
export function errorOf(request: FastifyRequest): GatewayError | undefined {
  return errors.get(request.raw);
}
